"""A job with everything a reply shows beside its row: links, credits, balances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import request

from appliance.core.ids import job_name
from appliance.core.jobs import JobOutput, JobView
from appliance.core.money import Money
from appliance.services.box import Box
from appliance.services.files.links import link
from appliance.services.money import ledger
from appliance.services.money.pricing import in_credits


@dataclass(frozen=True)
class ShownOutput:
    """An output with its link. `content` reads its bytes, for replies that carry them."""

    file: JobOutput
    url: str
    expires_at: datetime
    content: Callable[[], bytes]


@dataclass(frozen=True)
class Shown:
    """A job as envelopes write it. `free`: the balance its key moves, as it is now."""

    job: JobView
    outputs: tuple[ShownOutput, ...]
    credits: int | float
    free: Money
    credits_remaining: int | float
    base: str

    @property
    def poll_path(self) -> str:
        """Where the job is polled."""
        return f"/api/v1/jobs/{job_name(self.job.id)}"


def base_url(box: Box) -> str:
    """What links begin with: `server.public_url`, or the host this request came to."""
    return (box.settings.server.public_url or request.host_url).rstrip("/")


def show(box: Box, job: JobView) -> Shown:
    """The job with its links and its account's balance."""
    base = base_url(box)
    free = ledger.free_balance(box.db, job.account, job.environment)
    return Shown(
        job=job,
        outputs=tuple(_output(box, job, each, base) for each in job.outputs),
        credits=in_credits(box, job.price),
        free=free,
        credits_remaining=in_credits(box, free),
        base=base,
    )


def _output(box: Box, job: JobView, output: JobOutput, base: str) -> ShownOutput:
    made = link(box, job, output)
    path = box.home.outputs / output.path
    return ShownOutput(output, base + made.path, made.expires_at, path.read_bytes)
