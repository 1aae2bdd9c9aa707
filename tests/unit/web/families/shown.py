"""Jobs as envelopes get them, made without a box."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from appliance.core.files import Facts, Kind
from appliance.core.ids import AccountId, JobId
from appliance.core.jobs import Environment, JobError, JobOutput, JobView, Lane, State
from appliance.core.money import usd
from appliance.web.showing import Shown, ShownOutput

NOON = datetime(2026, 3, 14, 12, 0, 0, 250_000, tzinfo=UTC)
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
UUID = "01563e3a-b5d3-d676-4c61-efb99302bd5b"
JOB = f"job_{ULID}"
URL = f"https://s.local/files/{JOB}-0/a.png?expires=1&kid=k1&sig=x"

_VIEW = JobView(
    id=JobId(ULID),
    number=42,
    account=AccountId("acc"),
    key=None,
    environment=Environment.LIVE,
    family="jobs",
    type="image",
    operation="image.generate",
    params={"prompt": "a red kettle", "seed": 7},
    extra={},
    model="flux-2-pro",
    models={"image.text_to_image": "sdxl"},
    lane=Lane.HEAVY,
    state=State.PENDING,
    attempt=0,
    paused=False,
    cancel_requested=False,
    price=usd("0.10"),
    error=None,
    facts={},
    warnings=(),
    request_id="req_1",
    created_at=NOON,
    started_at=None,
    completed_at=None,
    position=3,
    eta_s=12.5,
)
_FILE = JobOutput(
    index=0,
    path=f"{ULID}/1/a.png",
    name="a.png",
    mime="image/png",
    kind=Kind.IMAGE,
    bytes=5,
    sha256="00ff",
    facts=Facts(1024, 768),
    retained_until=NOON + timedelta(days=30),
)


def shown(outputs: int = 0, **changes: Any) -> Shown:
    """A job as it is shown; pending unless `changes` says otherwise."""
    files = tuple(
        ShownOutput(
            file=replace(_FILE, index=n, name=f"{'abc'[n]}.png"),
            url=URL.replace("-0/a", f"-{n}/{'abc'[n]}"),
            expires_at=NOON + timedelta(days=1),
            content=lambda: b"Hello",
        )
        for n in range(outputs)
    )
    return Shown(
        job=replace(_VIEW, **changes),
        outputs=files,
        credits=10,
        base="https://s.local",
        credit=usd("0.01"),
        balance=lambda: usd("9.9"),
    )


def running(**changes: Any) -> Shown:
    """A job in its first attempt."""
    usual = {"state": State.PROCESSING, "attempt": 1, "started_at": NOON + timedelta(seconds=1)}
    return shown(**{**usual, "position": None, **changes})


def done(outputs: int = 1, **changes: Any) -> Shown:
    """A finished job."""
    times = {"started_at": NOON, "completed_at": NOON + timedelta(seconds=8.2)}
    rest = {"state": State.COMPLETED, "position": None, "eta_s": None, "facts": {"seed": 9}}
    return shown(outputs, **{**times, **rest, **changes})


def failed(code: str = "processing_failed", **changes: Any) -> Shown:
    """A failed job."""
    error = JobError(code, "The kettle burst.", retryable=True)
    return done(0, **{"state": State.FAILED, "error": error, "facts": {}, **changes})


def cancelled() -> Shown:
    """A cancelled job."""
    return done(0, state=State.CANCELLED, facts={})
