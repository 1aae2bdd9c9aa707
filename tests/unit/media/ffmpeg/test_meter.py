"""How far an encoding is, and when it is stopped."""

from __future__ import annotations

import pytest

from appliance.core.errors import BrokenMedia, Cancelled
from appliance.core.progress import Progress, silent_progress
from appliance.media.ffmpeg.meter import Meter


def test_seconds_become_a_fraction():
    steps: list[float] = []
    meter = Meter(10.0, Progress(lambda step: steps.append(step.fraction), lambda: None))

    for done in (2.5, 10.0, 10.3):
        meter(done)

    assert steps == [0.25, 1.0, 1.0]


def test_a_file_longer_than_announced_is_stopped():
    meter = Meter(10.0, silent_progress())

    with pytest.raises(BrokenMedia, match=r"goes on after the 10\.0 s"):
        meter(13.0)


def test_a_file_that_ended_too_soon_is_cut_off():
    meter = Meter(60.0, silent_progress(), least=0.9)
    meter(30.0)

    with pytest.raises(BrokenMedia, match=r"ends after 30\.0 of the 60\.0 s"):
        meter.check()


def test_a_short_file_may_miss_its_end():
    meter = Meter(1.0, silent_progress(), least=0.9)

    meter.check()


def test_a_cancelled_job_is_noticed():
    def check() -> None:
        raise Cancelled("The job was cancelled.")

    with pytest.raises(Cancelled):
        Meter(1.0, Progress(lambda _step: None, check))(0.5)
