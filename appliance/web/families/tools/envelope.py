"""How the tools family writes: `{success, tool, billing, output}`, in the caller's language."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from appliance.core.errors import ApplianceError
from appliance.core.jobs import State
from appliance.web.families.family import Refused, Replies
from appliance.web.families.tools.messages import language, sentence
from appliance.web.families.tools.shapes import (
    ToolAccepted,
    ToolEstimate,
    ToolResult,
    ToolsError,
)
from appliance.web.reply import Reply
from appliance.web.showing import Shown, ShownOutput

_CODES = {"forbidden": "scope_not_allowed", "no_worker": "busy", "queue_full": "busy"}
_LARGEST_INLINE = 8_000_000


@dataclass(frozen=True)
class ToolsEnvelope:
    """The tools family's ways to answer. `spoken`: the language where none is asked for."""

    spoken: str
    replies: ClassVar = Replies(ToolAccepted, ToolResult, ToolEstimate, ToolsError)

    def accepted(self, shown: Shown) -> Reply:
        """202 and where to poll."""
        body = {
            **_tool(shown),
            "status": "queued" if shown.job.state is State.PENDING else shown.job.state.value,
            "status_url": f"{shown.base}/api/v1/jobs/{shown.job.number}",
            "billing": {"currency": "USD", "estimated_usd": shown.job.price.usd()},
        }
        return Reply(body, 202, {"Location": f"/api/v1/jobs/{shown.job.number}"})

    def finished(self, shown: Shown) -> Reply:
        """200 with the bill and the file."""
        job = shown.job
        body: dict[str, Any] = {
            **_tool(shown),
            "billing": {
                "currency": "USD",
                "estimated_usd": job.price.usd(),
                "charged_usd": job.price.usd(),
                "balance_after_usd": shown.free.usd(),
            },
            "output": _output(shown.outputs[0]) if shown.outputs else None,
        }
        if len(shown.outputs) > 1:
            body["outputs"] = [_output(each) for each in shown.outputs]
        if job.warnings:
            body["warnings"] = list(job.warnings)
        return Reply(body)

    def estimated(self, facts: Mapping[str, Any]) -> Reply:
        """200 with the estimate of a dry run."""
        return Reply({"success": True, "dry_run": True, **facts})

    def refuse(self, error: ApplianceError, refused: Refused) -> Reply:
        """`{success: false, error, error_code, request_id, billing}`; nothing was charged."""
        code = _CODES.get(error.code, error.code)
        spoken = language(refused.languages, self.spoken)
        body: dict[str, Any] = {
            "success": False,
            "error": sentence(code, error, spoken),
            "error_code": code,
            "request_id": refused.request_id,
            "billing": {"charged_usd": "0"},
        }
        if error.field:
            body["field"] = error.field
        details = dict(error.details)
        if "limit" in details:
            body["limit"] = details.pop("limit")
        if details:
            body["details"] = details
        return Reply(body, error.status, {"Content-Language": spoken})


def _tool(shown: Shown) -> dict[str, Any]:
    job = shown.job
    body: dict[str, Any] = {"success": True, "tool": job.type}
    if "requested_tool" in job.extra:
        body["requested_tool"] = job.extra["requested_tool"]
    return {**body, "job_id": job.number, "request_id": job.request_id}


def _output(shown: ShownOutput) -> dict[str, Any]:
    file = shown.file
    output: dict[str, Any] = {
        "filename": file.name,
        "mime_type": file.mime,
        "url": shown.url,
        "bytes": file.bytes,
    }
    if file.facts.width_px:
        output |= {"width": file.facts.width_px, "height": file.facts.height_px}
    if file.bytes <= _LARGEST_INLINE:
        output["content_base64"] = base64.b64encode(shown.content()).decode()
    return output
