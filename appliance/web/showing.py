"""A job with everything a reply shows beside its row: links, credits, balances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial

from flask import request

from appliance.core.ids import job_name
from appliance.core.jobs import JobOutput, JobView
from appliance.core.money import Money, usd
from appliance.services.box import Box
from appliance.services.files.links import link
from appliance.services.money import ledger


@dataclass(frozen=True)
class ShownOutput:
    """An output with its link. `content` reads its bytes, for replies that carry them."""

    file: JobOutput
    url: str
    expires_at: datetime
    content: Callable[[], bytes]


@dataclass(frozen=True)
class Shown:
    """A job as envelopes write it. `balance` asks for what its key may still spend: most replies
    do not say it.
    """

    job: JobView
    outputs: tuple[ShownOutput, ...]
    credits: int | float
    base: str
    credit: Money
    balance: Callable[[], Money]

    @cached_property
    def free(self) -> Money:
        """The balance its key moves, as it is now."""
        return self.balance()

    @property
    def credits_remaining(self) -> int | float:
        """The same in credits."""
        return self.free.credits(self.credit)

    @property
    def poll_path(self) -> str:
        """Where the job is polled."""
        return f"/api/v1/jobs/{job_name(self.job.id)}"


def base_url(box: Box) -> str:
    """What links begin with: `server.public_url`, or the host this request came to."""
    # Not `host_url`: quoting what cannot need it takes a tenth of a poll.
    return box.settings.server.public_url.rstrip("/") or f"{request.scheme}://{request.host}"


def show(box: Box, job: JobView) -> Shown:
    """The job with its links and its account's balance."""
    return show_from(box, job, base_url(box))


def show_from(box: Box, job: JobView, base: str) -> Shown:
    """The same where there is no request: links begin with `base`."""
    credit = usd(box.settings.billing.credit_usd)
    return Shown(
        job=job,
        outputs=tuple(_output(box, job, each, base) for each in job.outputs),
        credits=job.price.credits(credit),
        base=base,
        credit=credit,
        balance=partial(ledger.free_balance, box.db, job.account, job.environment),
    )


def _output(box: Box, job: JobView, output: JobOutput, base: str) -> ShownOutput:
    made = link(box, job, output)
    path = box.home.outputs / output.path
    return ShownOutput(output, base + made.path, made.expires_at, path.read_bytes)
