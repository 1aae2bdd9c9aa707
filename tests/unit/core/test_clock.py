from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from appliance.core.clock import SYSTEM_CLOCK, instant, iso, micros

moments = st.datetimes(
    min_value=datetime(1970, 1, 1),  # noqa: DTZ001  hypothesis adds the zone itself
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moments)
def test_an_instant_survives_a_row_to_the_microsecond(moment):
    assert instant(micros(moment)) == moment


@given(moments, moments)
def test_rows_sort_as_instants_do(one, other):
    assert (micros(one) < micros(other)) == (one < other)


@given(moments)
def test_an_instant_is_written_with_milliseconds_never_later_than_it_is(moment):
    text = iso(moment)
    read = datetime.fromisoformat(text)

    assert text.endswith("Z")
    assert len(text) == len("2026-03-14T12:00:00.000Z")
    assert timedelta(0) <= moment - read < timedelta(milliseconds=1)


def test_an_instant_of_another_zone_is_written_in_utc():
    madrid = datetime(2026, 3, 14, 13, 0, tzinfo=timezone(timedelta(hours=1)))

    assert iso(madrid) == "2026-03-14T12:00:00.000Z"


def test_the_machines_clock_is_aware_and_does_not_go_back():
    before = SYSTEM_CLOCK.now()
    SYSTEM_CLOCK.sleep(0.001)
    after = SYSTEM_CLOCK.now()

    assert before.tzinfo is UTC
    assert after >= before
