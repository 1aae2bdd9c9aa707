from __future__ import annotations

import dataclasses

import pytest

from appliance.core.clock import instant
from appliance.core.ids import AccountId, JobId
from appliance.core.jobs import Environment, JobView, Lane, State
from appliance.core.money import ZERO
from appliance.core.progress import Step

job = JobView(
    id=JobId("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    number=1,
    account=AccountId("acc"),
    key=None,
    environment=Environment.LIVE,
    family="jobs",
    type="generate",
    operation="image.generate",
    params={},
    extra={},
    model="realistic",
    models={"image.text_to_image": "sdxl"},
    lane=Lane.HEAVY,
    state=State.PROCESSING,
    attempt=1,
    paused=False,
    cancel_requested=False,
    price=ZERO,
    error=None,
    facts={},
    warnings=(),
    request_id="req",
    created_at=instant(0),
    started_at=None,
    completed_at=None,
)


@pytest.mark.parametrize(
    ("state", "final"),
    [
        (State.PENDING, False),
        (State.PROCESSING, False),
        (State.COMPLETED, True),
        (State.FAILED, True),
        (State.CANCELLED, True),
    ],
)
def test_a_job_has_ended_in_three_of_its_states(state, final):
    assert state.final is final


@pytest.mark.parametrize(
    ("done", "shown"), [(0.0, 0.0), (0.25049, 0.25), (0.9999, 0.999), (1, 0.999)]
)
def test_a_running_job_never_claims_to_be_done(done, shown):
    assert dataclasses.replace(job, live=Step(done)).progress == shown


def test_a_completed_job_is_done_whatever_was_reported_last():
    assert dataclasses.replace(job, state=State.COMPLETED, live=Step(0.4)).progress == 1.0


def test_a_job_nobody_reported_on_has_not_begun():
    assert job.progress == 0.0


def test_the_resolved_model_is_the_one_that_runs():
    assert job.resolved_model == "sdxl"
    assert dataclasses.replace(job, models={}).resolved_model is None
