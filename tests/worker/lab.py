"""An appliance to kill, and all there is to know about it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.core.ids import JobId, job_reference
from appliance.core.jobs import Environment, State
from appliance.core.money import ZERO, Money
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.keys import KeyWish
from appliance.services.box import Box, open_box
from appliance.services.jobs import reading
from appliance.services.money import ledger
from tests.support.box import let_go
from tests.support.golden_media import write_media
from tests.support.tending import PATIENCE_S, Stubborn, Tended, wait_until

ATTEMPTS = 6
SETTINGS = {
    "APPLIANCE_WORKER__MAX_ATTEMPTS": str(ATTEMPTS),
    "APPLIANCE_WORKER__STOP_GRACE_S": "0.0",
    "APPLIANCE_WORKER__CHILDREN": "1",
    "APPLIANCE_RATES__MANAGEMENT": "100000 per 1 minute",
    "APPLIANCE_RATES__GENERATION": "100000 per 1 minute",
    "APPLIANCE_RATES__ADDRESS": "100000 per 1 minute",
}
CONVERT, GENERATE = "/api/v1/operations/tools.image_convert", "/api/v1/operations/image.generate"


@dataclass
class Lab:
    """An appliance to kill, its rows, its client, and every job there should be."""

    tended: Tended
    box: Box
    client: Stubborn
    photo: bytes
    expected: dict[JobId, State] = field(default_factory=dict)
    granted: Money = ZERO
    patience_s: float = PATIENCE_S

    def submit(self, body: dict[str, Any], path: str = CONVERT, **headers: str) -> JobId:
        """Submit under a key of its own until there is an answer; the job of the key."""
        key = f"key-{len(self.expected)}"
        answer = self.client.ask("POST", path, body, Idempotency_Key=key, **headers)
        assert answer.status in (200, 202), answer.body
        named = job_reference(answer.json["data"]["id"])
        assert named is not None
        assert named.id is not None
        self.expected[named.id] = State.COMPLETED
        return named.id

    def convert(self, wish: dict[str, Any], photo: bytes | None = None, **headers: str) -> JobId:
        content = base64.b64encode(photo or self.photo).decode()
        return self.submit({"image_base64": content, **wish}, **headers)

    def state(self, job: JobId) -> State:
        return reading.job_by_id(self.box, job).state

    def run_until(self, job: JobId, *states: State) -> None:
        wait_until(
            lambda: self.state(job) in states,
            lambda: f"{job} is {self.state(job)}",
            self.patience_s,
        )

    @property
    def free(self) -> Money:
        account = accounts.operator(self.box).account
        return ledger.free_balance(self.box.db, account, Environment.LIVE)


def opened_lab(home: Path) -> Iterator[Lab]:
    media = write_media(home / "media")
    tended = Tended(home, SETTINGS)
    box = open_box(tended.environ, discover())
    account = accounts.operator(box).account
    key = keys.create_key(box, account, KeyWish("test")).secret
    try:
        tended.start()
        lab = Lab(tended, box, Stubborn(tended, key), (media / "product.jpg").read_bytes())
        lab.granted = lab.free
        yield lab
    finally:
        tended.stop()
        let_go(box)
