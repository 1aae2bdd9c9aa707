"""How the product family writes: `{ok, jobId, output, metrics, warnings}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from appliance.core.batch import Item
from appliance.core.codes import capital
from appliance.core.errors import ApplianceError
from appliance.core.ids import job_name
from appliance.core.jobs import State, Tally
from appliance.core.money import Money
from appliance.web.families.family import Refused, Replies
from appliance.web.families.product.shapes import (
    ProductAccepted,
    ProductError,
    ProductEstimate,
    ProductResult,
)
from appliance.web.reply import Reply
from appliance.web.showing import Shown, ShownOutput

# Facts of a compliance job that stand beside the metrics, not among them.
_OF_COMPLIANCE = ("marketplaces", "autofix")
_APART = frozenset({"model_digests", *_OF_COMPLIANCE})


def polled(shown: Shown) -> Mapping[str, Any]:
    """What a poll of a product job adds to the jobs family's reply."""
    job = shown.job
    body: dict[str, Any] = {"ok": job.error is None, "jobId": job_name(job.id)}
    body["status"] = job.state.value
    body["output"] = _output(shown)
    if job.tally:
        body["batch"] = _counts(job.items, job.tally)
    if "presetLabel" in job.extra:
        body["presetLabel"] = job.extra["presetLabel"]
    return body | {name: job.facts[name] for name in _OF_COMPLIANCE if name in job.facts}


def batch_item(item: Item, shown: Shown | None, credit: Money) -> dict[str, Any]:
    """A file of a batch; `shown`: its job, if it has one."""
    said = item.error
    return {
        "name": item.name,
        "status": item.status,
        "jobId": job_name(item.job) if item.job else None,
        "output": _output(shown) if shown else None,
        "error": {"code": capital(said.code), "message": said.message} if said else None,
        "credits": item.charged.credits(credit),
    }


def _counts(files: int, tally: Tally) -> dict[str, int]:
    states = {state.value: getattr(tally, state.value) for state in State}
    return {"files": files, **states, "refused": tally.refused}


def _output(shown: Shown) -> dict[str, Any] | None:
    return _written(shown.outputs[0]) if shown.outputs else None


def _written(output: ShownOutput) -> dict[str, Any]:
    return {
        "url": output.url,
        "mimeType": output.file.mime,
        "width": output.file.facts.width_px or None,  # none of an archive
        "height": output.file.facts.height_px or None,
        "bytes": output.file.bytes,
    }


class ProductEnvelope:
    """The product family's ways to answer."""

    replies = Replies(ProductAccepted, ProductResult, ProductEstimate, ProductError)

    def accepted(self, shown: Shown) -> Reply:
        """202 and where to poll."""
        job = shown.job
        body = {
            "ok": True,
            "jobId": job_name(job.id),
            "status": job.state.value,
            "statusUrl": shown.base + shown.poll_path,
        }
        if job.tally:
            # As it stood at first, whatever became of it when this reply is repeated.
            at_first = Tally(pending=job.items - job.tally.refused, refused=job.tally.refused)
            body["batch"] = _counts(job.items, at_first)
            body["batchUrl"] = f"{shown.base}/api/v1/batch/{job_name(job.id)}"
        return Reply(body, 202, {"Location": shown.poll_path})

    def finished(self, shown: Shown) -> Reply:
        """200 with the picture."""
        job = shown.job
        body = {
            **polled(shown),
            "metrics": {name: fact for name, fact in job.facts.items() if name not in _APART},
            "warnings": list(job.warnings),
        }
        if len(shown.outputs) > 1:
            body["outputs"] = [_written(each) for each in shown.outputs]
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
