"""How the jobs family writes: `{data, meta}` and `{error: {code, message, …}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.core.clock import iso
from appliance.core.codes import capital
from appliance.core.errors import ApplianceError
from appliance.core.ids import job_name
from appliance.core.jobs import State
from appliance.web.families.family import Refused, Replies
from appliance.web.families.jobs.shapes import Accepted, DryRun, JobReply, JobsError
from appliance.web.reply import Reply
from appliance.web.showing import Shown, ShownOutput


def job_data(shown: Shown) -> dict[str, Any]:
    """A job as `data` shows it, everywhere in this family."""
    job = shown.job
    data: dict[str, Any] = {
        "id": job_name(job.id),
        "number": job.number,
        "type": job.type,
        "operation": job.operation,
        "status": job.state.value,
        "progress": job.progress,
        "model": job.model,
        "resolved_model": job.resolved_model,
        "seed": job.facts.get("seed", job.params.get("seed")),
        "credits": shown.credits,
        "quote": dict(job.quote) if job.quote else None,
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at) if job.started_at else None,
        "completed_at": iso(job.completed_at) if job.completed_at else None,
        "outputs": [_output(each) for each in shown.outputs],
        "warnings": list(job.warnings),
        "error": _error(shown),
    }
    if job.state is State.COMPLETED:
        data["facts"] = dict(job.facts)
        if "native_size" in job.facts:
            data["native_size"] = job.facts["native_size"]
    return data | _where(shown)


def _where(shown: Shown) -> dict[str, Any]:
    job = shown.job
    where: dict[str, Any] = {"parent": job_name(job.parent)} if job.parent else {}
    if job.state is State.PENDING:
        where |= {"queue_position": job.position, "paused": job.paused}
    if not job.state.final:
        where["eta_s"] = job.eta_s
    if job.live:
        where["phase"] = job.live.phase
        if job.live.steps:
            where |= {"step": job.live.step, "steps": job.live.steps}
    if job.cancel_requested and not job.state.final:
        where["cancel_requested"] = True
    return where


def _output(shown: ShownOutput) -> dict[str, Any]:
    file = shown.file
    written: dict[str, Any] = {
        "url": shown.url,
        "media_type": file.kind.value,
        "mime_type": file.mime,
        "filename": file.name,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "expires_at": iso(shown.expires_at),
        "retained_until": iso(file.retained_until),
    }
    if file.facts.width_px:
        written |= {"width": file.facts.width_px, "height": file.facts.height_px}
    if file.facts.seconds:
        written["duration_s"] = file.facts.seconds
    return written


def _error(shown: Shown) -> dict[str, Any] | None:
    error = shown.job.error
    if error is None:
        return None
    return {
        "code": capital(error.code),
        "message": error.message,
        "retryable": error.retryable,
    }


class JobsEnvelope:
    """The jobs family's ways to answer."""

    replies = Replies(Accepted, JobReply, DryRun, JobsError)

    def accepted(self, shown: Shown) -> Reply:
        """202 and where to poll."""
        data = {"id": job_name(shown.job.id), "status": shown.job.state.value}
        return Reply({"data": data, "meta": _meta(shown)}, 202, {"Location": shown.poll_path})

    def finished(self, shown: Shown) -> Reply:
        """200 and the job as GET shows it."""
        return Reply({"data": job_data(shown), "meta": _meta(shown)})

    def estimated(self, facts: Mapping[str, Any]) -> Reply:
        """200 with the estimate of a dry run."""
        return Reply({"data": dict(facts), "meta": {"dry_run": True}})

    def refuse(self, error: ApplianceError, refused: Refused) -> Reply:
        """`{error: {code, message, field?, details?, request_id}}`."""
        said: dict[str, Any] = {"code": capital(error.code), "message": error.message}
        if error.field:
            said["field"] = error.field
        if error.details:
            said["details"] = error.details
        said["request_id"] = refused.request_id
        return Reply({"error": said}, error.status)


def _meta(shown: Shown) -> dict[str, Any]:
    return {"poll_url": shown.poll_path, "credits_remaining": shown.credits_remaining}
