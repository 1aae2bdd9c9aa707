"""How the studio family writes: `{data}` and `{error, code}`; jobs are UUIDs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.core.clock import iso
from appliance.core.codes import capital
from appliance.core.errors import ApplianceError
from appliance.core.ids import job_uuid
from appliance.core.jobs import State
from appliance.web.families.family import Refused, Replies
from appliance.web.families.studio.shapes import (
    StudioAccepted,
    StudioError,
    StudioEstimate,
    StudioJobReply,
)
from appliance.web.reply import Reply
from appliance.web.showing import Shown

_CODES = {
    "invalid_input": "BAD_REQUEST",
    "scope_not_allowed": "FORBIDDEN",
    "content_blocked": "CONTENT_BLOCKED",
    "character_locked": "FORBIDDEN",
    "insufficient_api_balance": "PAYMENT_REQUIRED",
    "monthly_quota_exceeded": "RATE_LIMITED",
    "concurrency_limited": "RATE_LIMITED",
    "no_worker": "SERVICE_UNAVAILABLE",
    "queue_full": "SERVICE_UNAVAILABLE",
    "busy": "SERVICE_UNAVAILABLE",
    "storage_full": "SERVICE_UNAVAILABLE",
}
_STATUSES = {"invalid_input": 400}


def _code(code: str) -> str:
    return _CODES.get(code) or capital(code)


# A documented client polls until it reads completed or failed.
_WORDS = {
    State.PENDING: "queued",
    State.PROCESSING: "processing",
    State.COMPLETED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "failed",
}


# Facts of a job that stand in its metadata, by the family's name for it, by type.
_ABOUT = {
    "photoshoot": {
        "photoCount": "photo_count",
        "background": "background",
        "lighting": "lighting",
    },
}


def job_data(shown: Shown) -> dict[str, Any]:
    """A job as the family's polls and webhooks show it."""
    job = shown.job
    data: dict[str, Any] = {
        "jobId": job_uuid(job.id),
        "type": job.type,
        "status": _WORDS[job.state],
        "progress": job.progress,
        "metadata": _metadata(shown),
        "createdAt": iso(job.created_at),
    }
    if job.state is State.COMPLETED:
        data |= _made(shown)
    elif job.state.final:
        data |= _failed(shown)
    return data


def _made(shown: Shown) -> dict[str, Any]:
    job = shown.job
    assert job.completed_at is not None
    made: dict[str, Any] = {"completedAt": iso(job.completed_at)}
    if shown.outputs:
        made["outputUrl"] = shown.outputs[0].url
        made["outputUrls"] = [each.url for each in shown.outputs]
        made["outputType"] = shown.outputs[0].file.mime
    return made


def _failed(shown: Shown) -> dict[str, Any]:
    job = shown.job
    assert job.completed_at is not None
    cancelled = job.state is State.CANCELLED
    return {
        "error": "Cancelled" if cancelled else "Generation failed",
        "code": _code(job.error.code) if job.error else "CANCELLED",
        "creditsRefunded": shown.credits,
        "failedAt": iso(job.completed_at),
    }


def _metadata(shown: Shown) -> dict[str, Any]:
    job = shown.job
    about: dict[str, Any] = {"model": job.model, "resolvedModel": job.resolved_model}
    if shown.outputs and shown.outputs[0].file.facts.width_px:
        facts = shown.outputs[0].file.facts
        about |= {"width": facts.width_px, "height": facts.height_px}
    told = _ABOUT.get(job.type, {})
    about |= {name: job.facts[fact] for name, fact in told.items() if fact in job.facts}
    if job.started_at and job.completed_at:
        spent = job.completed_at - job.started_at
        about["durationMs"] = round(spent.total_seconds() * 1000)
    return about


class StudioEnvelope:
    """The studio family's ways to answer."""

    replies = Replies(StudioAccepted, StudioJobReply, StudioEstimate, StudioError)

    def accepted(self, shown: Shown) -> Reply:
        """202 and the job's UUID."""
        job = shown.job
        data = {
            "jobId": job_uuid(job.id),
            "status": _WORDS[job.state],
            "message": f"{job.type.capitalize()} generation job queued",
        }
        return Reply({"data": data}, 202)

    def finished(self, shown: Shown) -> Reply:
        """200 and the job as a poll shows it."""
        return Reply({"data": job_data(shown)})

    def estimated(self, facts: Mapping[str, Any]) -> Reply:
        """200 with the estimate of a dry run."""
        return Reply({"data": {**facts, "dryRun": True}})

    def refuse(self, error: ApplianceError, refused: Refused) -> Reply:
        """`{error, code, request_id}`, with `field` where there is one."""
        body: dict[str, Any] = {
            "error": error.message,
            "code": _code(error.code),
            "request_id": refused.request_id,
        }
        if error.field:
            body["field"] = error.field
        if error.details:
            body["details"] = error.details
        return Reply(body, _STATUSES.get(error.code, error.status))
