"""How the product family writes: `{ok, jobId, output, metrics, warnings}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.core.errors import ApplianceError
from appliance.core.ids import job_name
from appliance.web.families.codes import capital
from appliance.web.families.family import Refused, Replies
from appliance.web.families.product.shapes import (
    ProductAccepted,
    ProductError,
    ProductEstimate,
    ProductResult,
)
from appliance.web.reply import Reply
from appliance.web.showing import Shown


def polled(shown: Shown) -> Mapping[str, Any]:
    """What a poll of a product job adds to the jobs family's reply."""
    job = shown.job
    body: dict[str, Any] = {"ok": job.error is None, "jobId": job_name(job.id)}
    body["status"] = job.state.value
    body["output"] = _output(shown)
    if "presetLabel" in job.extra:
        body["presetLabel"] = job.extra["presetLabel"]
    return body


def _output(shown: Shown) -> dict[str, Any] | None:
    if not shown.outputs:
        return None
    first = shown.outputs[0]
    return {
        "url": first.url,
        "mimeType": first.file.mime,
        "width": first.file.facts.width_px,
        "height": first.file.facts.height_px,
        "bytes": first.file.bytes,
    }


class ProductEnvelope:
    """The product family's ways to answer."""

    replies = Replies(ProductAccepted, ProductResult, ProductEstimate, ProductError)

    def accepted(self, shown: Shown) -> Reply:
        """202 and where to poll."""
        body = {
            "ok": True,
            "jobId": job_name(shown.job.id),
            "status": shown.job.state.value,
            "statusUrl": shown.base + shown.poll_path,
        }
        return Reply(body, 202, {"Location": shown.poll_path})

    def finished(self, shown: Shown) -> Reply:
        """200 with the picture."""
        job = shown.job
        body = {
            **polled(shown),
            "metrics": {name: fact for name, fact in job.facts.items() if name != "model_digests"},
            "warnings": list(job.warnings),
        }
        return Reply(body)

    def estimated(self, facts: Mapping[str, Any]) -> Reply:
        """200 with the estimate of a dry run."""
        return Reply({"ok": True, "dryRun": True, **facts})

    def refuse(self, error: ApplianceError, refused: Refused) -> Reply:
        """`{ok: false, error: {code, message, field?}, requestId}`."""
        said: dict[str, Any] = {
            "code": capital(error.code),
            "message": error.message,
        }
        if error.field:
            said["field"] = error.field
        if error.details:
            said["details"] = error.details
        body = {"ok": False, "error": said, "requestId": refused.request_id}
        return Reply(body, error.status)
