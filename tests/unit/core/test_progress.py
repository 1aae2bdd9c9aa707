from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.errors import Cancelled
from appliance.core.progress import Progress, Step, silent_progress

fractions = st.floats(0, 1)


def stop() -> None:
    raise Cancelled("The job was cancelled.")


def test_a_report_carries_its_step_and_preview():
    seen: list[Step] = []
    progress = Progress(seen.append, lambda: None)

    progress(0.5, step=2, steps=4, preview=b"jpeg")

    assert seen == [Step(0.5, "running", 2, 4, b"jpeg")]


@given(fractions, fractions, fractions)
def test_a_part_reports_within_its_stretch_of_the_whole(one, other, inside):
    low, high = sorted((one, other))
    seen: list[Step] = []

    with Progress(seen.append, lambda: None).part(low, high) as part:
        part(inside)

    assert [seen[0].fraction, seen[-1].fraction] == pytest.approx([low, high])
    assert all(low - 1e-9 <= step.fraction <= high + 1e-9 for step in seen)


def test_parts_of_parts_scale_to_the_whole_job():
    seen: list[Step] = []

    with Progress(seen.append, lambda: None).part(0.5, 1.0) as half, half.part(0.0, 0.5) as quarter:
        quarter(0.5)

    assert 0.625 in [step.fraction for step in seen]


@pytest.mark.parametrize(("said", "heard"), [(-1.0, 0.0), (2.0, 1.0)])
def test_fractions_beyond_the_ends_are_held_to_them(said, heard):
    seen: list[Step] = []

    Progress(seen.append, lambda: None)(said)

    assert seen[0].fraction == heard


def test_reporting_and_naming_a_phase_notice_cancellation_and_report_nothing_more():
    seen: list[Step] = []
    progress = Progress(seen.append, stop)

    with pytest.raises(Cancelled):
        progress(0.5)
    with pytest.raises(Cancelled):
        progress.phase("loading_model")
    assert seen == []


def test_a_phase_is_told_at_the_beginning_of_its_part():
    seen: list[Step] = []

    Progress(seen.append, lambda: None, low=0.4, high=0.8).phase("loading_model")

    assert seen == [Step(0.4, phase="loading_model")]


def test_a_part_that_fails_does_not_claim_its_end():
    seen: list[Step] = []

    with pytest.raises(Cancelled), Progress(seen.append, lambda: None).part(0.0, 0.5):
        stop()

    assert [step.fraction for step in seen] == [0.0]


def test_silent_progress_tells_nobody_and_never_stops():
    silent_progress()(0.5)
    silent_progress().phase("loading_model")
