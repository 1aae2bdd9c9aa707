"""When running jobs last moved, as the heartbeat tells it."""

from __future__ import annotations

from appliance.core.ids import JobId
from appliance.core.progress import Step
from appliance.worker.pulse import Pulse

JOB, OTHER = JobId("01K7M2V8Q4R9S6T3W5X1Y0ZABC"), JobId("01K7M2V8Q4R9S6T3W5X1Y0ZABD")


def test_only_a_report_that_says_something_else_is_a_move(box):
    pulse, live = Pulse(), box.live

    assert pulse.look(live, [JOB], 10) == [{"id": JOB, "moved_at": 10}], "not a word yet"
    assert pulse.look(live, [JOB], 20) == [{"id": JOB, "moved_at": 10}]

    live.report(JOB, 1, Step(0.1, step=1, steps=9))
    place = {"id": JOB, "phase": "running", "step": 1, "steps": 9}
    assert pulse.look(live, [JOB], 30) == [place | {"moved_at": 30}]
    live.report(JOB, 1, Step(0.1, step=1, steps=9))
    assert pulse.look(live, [JOB], 40) == [place | {"moved_at": 30}]

    live.report(JOB, 1, Step(0.2, step=2, steps=9))
    assert pulse.look(live, [JOB], 50)[0]["moved_at"] == 50


def test_jobs_that_ended_are_forgotten(box):
    pulse = Pulse()
    pulse.look(box.live, [JOB, OTHER], 10)

    assert [each["id"] for each in pulse.look(box.live, [OTHER], 20)] == [OTHER]
    assert pulse.look(box.live, [JOB], 30)[0]["moved_at"] == 30
