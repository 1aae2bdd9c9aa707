"""Stretches of a film."""

from __future__ import annotations

import pytest

from appliance.core.errors import InvalidInput
from appliance.media.ffmpeg.commands import Span
from appliance.media.video.spans import span_of


def test_a_stretch_goes_from_start_to_end():
    assert span_of(10.0, 2.0, 5.0) == (Span(2.0, 3.0), ())
    assert span_of(10.0, 4.0, None) == (Span(4.0, 6.0), ())


def test_an_end_behind_the_film_is_the_films():
    span, told = span_of(10.0, 4.0, 60.0)

    assert span == Span(4.0, 6.0)
    assert "ends at 10.00 s" in told[0]
    assert span_of(10.0, 4.0, 10.3) == (Span(4.0, 6.0), ())  # rounded by a player


@pytest.mark.parametrize(
    ("start", "end", "field"), [(10.0, None, "start"), (5.0, 5.0, "end"), (5.0, 1.0, "end")]
)
def test_a_stretch_of_nothing_is_refused(start, end, field):
    with pytest.raises(InvalidInput) as told:
        span_of(10.0, start, end)

    assert told.value.field == field
