"""How the wallet family writes: flat results, `{error, code, request_id}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.core.errors import ApplianceError
from appliance.core.ids import job_name
from appliance.web.families.family import Refused, Replies
from appliance.web.families.wallet.shapes import (
    WalletAccepted,
    WalletError,
    WalletEstimate,
    WalletResult,
)
from appliance.web.reply import Reply
from appliance.web.showing import Shown

_CODES = {
    "forbidden": "scope_not_allowed",
    "unknown_tool": "not_found",
    "no_worker": "busy",
    "queue_full": "busy",
}
_STATUSES = {"invalid_input": 400}


class WalletEnvelope:
    """The wallet family's ways to answer."""

    replies = Replies(WalletAccepted, WalletResult, WalletEstimate, WalletError)

    def accepted(self, shown: Shown) -> Reply:
        """202 and where to poll."""
        job = shown.job
        body = {
            "jobId": job_name(job.id),
            "status": job.state.value,
            "pollUrl": shown.base + shown.poll_path,
        }
        return Reply(body, 202, {"Location": shown.poll_path})

    def finished(self, shown: Shown) -> Reply:
        """200 with the result, flat."""
        job = shown.job
        body: dict[str, Any] = {
            f"{job.type}Url": shown.outputs[0].url if shown.outputs else None,
            "model": job.model,
            "resolvedModel": job.resolved_model,
            "enhancedPrompt": job.params.get("prompt"),
            **{name: job.extra[name] for name in ("enhancer",) if name in job.extra},
            "seed": job.facts.get("seed", job.params.get("seed")),
            "costUsd": job.price.usd(),
            "jobId": job_name(job.id),
            "status": job.state.value,
        }
        if job.warnings:
            body["warnings"] = list(job.warnings)
        return Reply(body)

    def estimated(self, facts: Mapping[str, Any]) -> Reply:
        """200 with the estimate of a dry run."""
        return Reply({**facts, "dryRun": True})

    def refuse(self, error: ApplianceError, refused: Refused) -> Reply:
        """`{error, code, request_id}`, with `field` where there is one."""
        body: dict[str, Any] = {
            "error": error.message,
            "code": _CODES.get(error.code, error.code),
            "request_id": refused.request_id,
        }
        if error.field:
            body["field"] = error.field
        if error.details:
            body["details"] = error.details
        return Reply(body, _STATUSES.get(error.code, error.status))
