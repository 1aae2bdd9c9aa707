from __future__ import annotations

import pytest

from appliance.core.errors import (
    Cancelled,
    ContentBlocked,
    InvalidInput,
    ProcessingFailed,
    TooLarge,
)
from appliance.core.jobs import JobError
from appliance.web.submitting import as_error
from tests.unit.web.families.shown import cancelled, failed


@pytest.mark.parametrize(
    ("code", "kind", "status"),
    [
        ("invalid_input", InvalidInput, 422),
        ("content_blocked", ContentBlocked, 400),
        ("limit_exceeded", TooLarge, 413),
        ("processing_failed", ProcessingFailed, 500),
        ("internal_error", ProcessingFailed, 500),
        ("a code of an older version", ProcessingFailed, 500),
    ],
)
def test_a_failed_job_is_answered_as_the_error_it_was(code, kind, status):
    error = as_error(failed(code).job)

    assert type(error) is kind
    assert (error.status, error.message) == (status, "The kettle burst.")


def test_field_and_details_come_along():
    why = JobError("invalid_input", "Torn.", False, "image", {"at": 3})
    error = as_error(failed(error=why).job)

    assert (error.field, error.details) == ("image", {"at": 3})


def test_a_cancelled_job_is_answered_as_such():
    assert type(as_error(cancelled().job)) is Cancelled
