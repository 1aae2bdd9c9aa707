from __future__ import annotations

from appliance.core.batch import Item
from appliance.core.ids import JobId
from appliance.core.jobs import JobError, State


def test_a_file_stands_as_its_job_does():
    assert Item(0, "a.jpg", JobId("0" * 26), State.FAILED).status == "failed"


def test_a_file_without_a_job_was_refused():
    why = JobError("unsupported_media", "No picture.", retryable=False)

    assert Item(3, "words.txt", error=why).status == "refused"
