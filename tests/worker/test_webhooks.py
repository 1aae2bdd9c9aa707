"""Real processes and a real receiver: whoever dies when, every delivery comes, verified, and what
comes twice comes under one id.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from appliance.adapters.config import CHECKOUT, SettingsError
from appliance.adapters.failpoints import Point
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.wishes import KeyWish
from appliance.services.box import Box, open_box
from tests.support.box import let_go
from tests.support.receiver import LOOPBACK, Answering, Receiver, Told, receiving
from tests.support.tending import Stubborn, Tended, wait_until

DEATHS = 3
SETTINGS = {
    # The module that lets loopback in lies in tests/.
    "PYTHONPATH": str(CHECKOUT),
    "APPLIANCE_WORKER__MAX_ATTEMPTS": "9",
    "APPLIANCE_WORKER__CHILDREN": "1",
    "APPLIANCE_WEBHOOKS__TIMEOUT_S": "5.0",
    "APPLIANCE_WEBHOOKS__JOBS_RETRIES_S": "[0, 0, 0]",
    **{
        f"APPLIANCE_RATES__{name}": "100000 per 1 minute"
        for name in ("MANAGEMENT", "GENERATION", "ADDRESS", "WEBHOOKS", "STUDIO_WRITE", "PRODUCT")
    },
    **{f"APPLIANCE_{name.upper()}": json.dumps(value) for name, value in LOOPBACK.items()},
}
# On the way of an event from its commit to the last word on it.
WAY = (
    Point.FINISH_COMMITTING,
    Point.FINISH_COMMITTED,
    Point.NUDGE_KEPT,
    Point.NUDGE_TAKEN,
    Point.DELIVERY_TAKEN,
    Point.DELIVERY_ANSWERED,
    Point.DELIVERY_COMMITTING,
    Point.DELIVERY_COMMITTED,
)
# Where the receiver has been told by then, and is told again.
TOLD_TWICE = (Point.DELIVERY_ANSWERED, Point.DELIVERY_COMMITTING)


@dataclass
class Lab:
    """An appliance to kill, its client, and a receiver."""

    tended: Tended
    box: Box
    client: Stubborn
    receiver: Receiver

    def webhook(self, **wish: Any) -> dict[str, Any]:
        answer = self.client.ask("POST", "/api/v1/webhooks", {"url": self.receiver.url, **wish})
        assert answer.status == 201, answer.body
        data: dict[str, Any] = answer.json["data"]
        return data

    def run_job(self, key: str) -> str:
        """A job that completes; its name."""
        answer = self.client.ask(
            "POST", "/api/v1/operations/tools.qr", {"text": key}, Idempotency_Key=key
        )
        # 200: a replay, after a first try whose connection broke, of a job that has ended since.
        assert answer.status in (200, 202), answer.body
        job: str = answer.json["data"]["id"]
        return job

    def told_of(self, job: str) -> list[Told]:
        return [told for told in self.receiver.got if job in told.body.decode()]

    def settled(self) -> bool:
        return self.box.db.row("SELECT count(*) FROM delivery WHERE state = 'pending'") == (0,)

    def wait_told(self) -> list[Told]:
        """All that came, once something has and nothing is left."""
        wait_until(lambda: self.receiver.got and self.settled(), self.tended.log)
        return self.receiver.got

    def wait_settled(self, job: str) -> list[Told]:
        wait_until(lambda: self.told_of(job) and self.settled(), self.tended.log)
        return self.told_of(job)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    tended = Tended(tmp_path_factory.mktemp("hooks"), SETTINGS, module="tests.support.loopback")
    box = open_box(_without_lan(tended.environ), discover())
    account = accounts.operator(box).account
    key = keys.create_key(box, account, KeyWish("test")).secret
    with receiving() as receiver:
        try:
            tended.start()
            yield Lab(tended, box, Stubborn(tended, key), receiver)
        finally:
            tended.stop()
            let_go(box)


def _without_lan(environ: dict[str, str]) -> dict[str, str]:
    """The settings without the one that only the patched processes accept."""
    return {name: value for name, value in environ.items() if not name.endswith("__LAN")}


@pytest.fixture
def lab(whole: Lab) -> Iterator[Lab]:
    """The same with a receiver that has heard nothing yet, and no webhooks of earlier tests."""
    whole.receiver.got.clear()
    yield whole
    whole.receiver.usual = Answering()
    for made in whole.client.ask("GET", "/api/v1/webhooks").json["data"]:
        whole.client.ask("DELETE", f"/api/v1/webhooks/{made['id']}")


def test_a_completed_job_is_told_and_verified(lab: Lab) -> None:
    made = lab.webhook()

    job = lab.run_job("told")

    (told,) = lab.wait_settled(job)
    body = told.verified(made["secret"])
    assert (body["type"], body["data"]["id"]) == ("job.completed", job)
    link = body["data"]["outputs"][0]["url"]
    assert link.startswith(lab.tended.base)
    assert lab.client.ask("GET", link.removeprefix(lab.tended.base)).status == 200


@pytest.mark.parametrize("point", WAY)
def test_three_deaths_lose_nothing_and_repeat_only_under_one_id(lab: Lab, point: Point) -> None:
    made = lab.webhook(events=["job.completed"])
    lab.tended.arm(point, DEATHS)
    jobs: list[str] = []

    # A job that lives on after its first death at the point is one of three.
    while lab.tended.owed() and len(jobs) <= DEATHS:
        jobs.append(lab.run_job(f"{point}-{len(jobs)}"))
        lab.wait_settled(jobs[-1])
        lab.tended.wait_ready()

    wait_until(lambda: not lab.tended.owed(), lambda: f"nobody reached {point}")
    for job in jobs:
        told = lab.wait_settled(job)
        assert len({each.id for each in told}) == 1
        assert all(each.verified(made["secret"])["data"]["id"] == job for each in told)
    repeats = len(lab.receiver.got) - len(jobs)
    # A job's thread that dies may take the one along that was just telling of it.
    assert repeats == DEATHS if point in TOLD_TWICE else repeats <= DEATHS
    rows = lab.box.db.rows("SELECT state, count(*) FROM delivery GROUP BY state")
    assert rows == [("delivered", len(jobs))]


def test_a_receiver_that_fails_first_is_told_again(lab: Lab) -> None:
    made = lab.webhook()
    lab.receiver.answers.extend([Answering(500), Answering(429, {"Retry-After": "1"})])

    job = lab.run_job("again")

    told = lab.wait_settled(job)
    assert len(told) == 3
    assert len({each.id for each in told}) == 1
    assert all(each.verified(made["secret"]) for each in told)
    log = lab.client.ask("GET", f"/api/v1/webhooks/{made['id']}/deliveries").json["data"]
    assert [each["status"] for each in log[0]["attempts"]] == [500, 429, 200]
    assert log[0]["status"] == "delivered"


def test_a_slow_receiver_holds_up_neither_jobs_nor_others(lab: Lab) -> None:
    with receiving() as slow:
        slow.usual = Answering(after_s=4.0)
        answer = lab.client.ask("POST", "/api/v1/webhooks", {"url": slow.url})
        assert answer.status == 201
        lab.webhook()
        first = lab.run_job("slow-1")
        wait_until(lambda: slow.got, lab.tended.log)

        second = lab.run_job("slow-2")

        wait_until(lambda: lab.told_of(first) and lab.told_of(second), lab.tended.log)
        # One after the other: the second has not begun while the first is being told.
        assert len({told.id for told in slow.got}) == len(slow.got)
        wait_until(lab.settled, lab.tended.log)
        assert len(slow.got) == 2
        assert (slow.got[1].at - slow.got[0].at).total_seconds() >= 4.0


def test_studios_url_is_told_in_studios_words(lab: Lab) -> None:
    settings = lab.client.ask(
        "POST", "/api/settings", {"webhookUrl": f"{lab.receiver.url}/studio", "allJobs": True}
    ).json["data"]
    lab.run_job("in words")

    (told,) = lab.wait_told()

    body = told.verified(settings["webhookSecret"])
    assert (body["event"], body["data"]["status"]) == ("job.completed", "completed")
    assert told.path == "/hook/studio"


def test_a_test_event_and_a_rotation_over_http(lab: Lab) -> None:
    made = lab.webhook()
    path = f"/api/v1/webhooks/{made['id']}"
    again = lab.client.ask("POST", f"{path}/rotate-secret").json["data"]

    sent = lab.client.ask("POST", f"{path}/test").json["data"]

    (told,) = lab.wait_told()
    assert told.id == sent["id"]
    assert told.verified(made["secret"]) == told.verified(again["secret"])


def test_no_setting_lets_production_ask_loopback(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="never asked"):
        open_box({**SETTINGS, "APPLIANCE_HOME": str(tmp_path)}, discover())
