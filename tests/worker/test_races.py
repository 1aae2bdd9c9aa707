"""One Idempotency-Key, many requests, at once and again: one job, one charge, one answer."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from appliance.adapters.database import Database
from appliance.core.money import Money
from appliance.operations import discover
from appliance.services.box import open_box
from appliance.services.money import audit
from tests.support.box import let_go
from tests.support.forms import multipart
from tests.support.personas import open_account, with_key
from tests.support.running import Answer, Client
from tests.worker.conftest import Running

RACERS = 50
QR, CONVERT = "/api/v1/tools/qr", "/api/v1/operations/tools.image_convert"
# A request of each family, the same with other content, and the family's word for that.
FAMILIES: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "jobs": (
        "/api/v1/generate",
        {"prompt": "a", "width": 256, "height": 256, "steps": 1},
        {"prompt": "b", "width": 256, "height": 256, "steps": 1},
        "IDEMPOTENCY_MISMATCH",
    ),
    "wallet": (
        "/api/v1/image/generate",
        {"prompt": "a", "model": "nano-banana-2", "size": "256x256"},
        {"prompt": "b", "model": "nano-banana-2", "size": "256x256"},
        "idempotency_mismatch",
    ),
    "tools": (QR, {"text": "a"}, {"text": "b"}, "idempotency_mismatch"),
    "product": (
        "/api/v1/process",
        {"image": "@product.jpg", "width": "300", "height": "300"},
        {"image": "@product.jpg", "width": "301", "height": "300"},
        "IDEMPOTENCY_MISMATCH",
    ),
    "studio": (
        "/api/generate/image",
        {"prompt": "a", "width": 256, "height": 256, "steps": 1, "model": "flux-2-pro"},
        {"prompt": "b", "width": 256, "height": 256, "steps": 1, "model": "flux-2-pro"},
        "IDEMPOTENCY_MISMATCH",
    ),
}


@dataclass
class Counted:
    """What an account has: jobs, money and kept files."""

    db: Database

    @property
    def jobs(self) -> int:
        return self._count("SELECT count(*) FROM job")

    @property
    def money(self) -> tuple[Money, Money]:
        """Moved into holds, and captured of them."""
        return (
            Money(self._count("SELECT coalesce(sum(amount), 0) FROM hold")),
            Money(self._count("SELECT coalesce(sum(captured), 0) FROM hold")),
        )

    @property
    def uploads(self) -> int:
        return self._count("SELECT count(*) FROM upload")

    def _count(self, sql: str) -> int:
        row = self.db.row(sql)
        assert row is not None
        return int(row[0])

    def check(self) -> None:
        assert audit.faults(self.db) == []
        assert self._count("SELECT count(*) FROM hold WHERE state = 'open'") == 0


@pytest.fixture
def counted(running: Running) -> Iterator[Counted]:
    db = Database(running.appliance.home / "data" / "appliance.db")
    yield Counted(db)
    db.close()


@pytest.fixture
def key() -> str:
    return f"race-{uuid.uuid4()}"


def send_form(
    client: Client, path: str, form: tuple[bytes, str], key: str, **headers: str
) -> Answer:
    body, boundary = form
    kind = f"multipart/form-data; boundary={boundary}"
    sent = {"Content-Type": kind, "Idempotency-Key": key, **headers}
    return client.send("POST", path, body, headers=sent)


def race(ask: Any) -> list[Answer]:
    """Everybody's answer, all having asked at the same moment."""
    gate = threading.Barrier(RACERS)

    def go(number: int) -> Answer:
        gate.wait(timeout=60)
        answer: Answer = ask(number)
        return answer

    with ThreadPoolExecutor(RACERS) as pool:
        return list(pool.map(go, range(RACERS)))


def replayed(answer: Answer) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


def test_fifty_at_once_make_one_job_and_one_charge(
    running: Running, counted: Counted, key: str
) -> None:
    photo = base64.b64encode((running.media / "product.jpg").read_bytes()).decode()
    body = {"image_base64": photo, "output_format": "webp", "width": 200}
    jobs, uploads, (held, captured) = counted.jobs, counted.uploads, counted.money

    answers = race(lambda _: running.client.post(CONVERT, body, headers={"Idempotency-Key": key}))

    assert {answer.status for answer in answers} == {202}
    (job,) = {answer.json["data"]["id"] for answer in answers}
    assert sum(replayed(answer) for answer in answers) == RACERS - 1
    assert running.client.ended(job)["status"] == "completed"
    price = Money(2000)
    assert (counted.jobs, counted.uploads) == (jobs + 1, uploads + 1)
    assert counted.money == (held + price, captured + price)
    kept = running.appliance.home / "data" / "uploads"
    assert len([*kept.iterdir()]) == counted.uploads
    counted.check()


def test_fifty_at_once_wait_for_one_result(running: Running, counted: Counted, key: str) -> None:
    jobs, (held, captured) = counted.jobs, counted.money

    answers = race(
        lambda _: running.client.post(QR, {"text": key}, headers={"Idempotency-Key": key})
    )

    # Past `max_waits` a wait answers at once: 202 and the same job.
    assert {answer.status for answer in answers} <= {200, 202}
    assert {answer.json["billing"]["estimated_usd"] for answer in answers} == {"0.002"}
    finished = [answer.json for answer in answers if answer.status == 200]
    assert len(finished) >= 48
    assert len({body["output"]["url"].partition("?")[0] for body in finished}) == 1
    assert sum(replayed(answer) for answer in answers) == RACERS - 1
    assert counted.jobs == jobs + 1
    assert counted.money == (held + Money(2000), captured + Money(2000))
    counted.check()


def test_fifty_different_requests_with_one_key_make_one_job(
    running: Running, counted: Counted, key: str
) -> None:
    jobs = counted.jobs

    answers = race(
        lambda n: running.client.post(
            QR, {"text": f"{key} {n % 2}"}, headers={"Idempotency-Key": key}
        )
    )

    assert sorted(answer.status for answer in answers) == [200] * 25 + [422] * 25
    assert counted.jobs == jobs + 1
    counted.check()


def test_a_form_sent_again_in_another_order_and_boundary_is_the_same_request(
    running: Running, counted: Counted, key: str
) -> None:
    fields = {"image": "@product.jpg", "output_format": "webp", "width": "120"}
    first = multipart(fields, running.media, boundary="one")
    again = multipart(fields, running.media, boundary="another-one", backwards=True)
    path = "/api/v1/tools/image-convert"

    answer = send_form(running.client, path, first, key)
    before = (counted.jobs, counted.uploads, counted.money)
    replay = send_form(running.client, path, again, key)

    assert (answer.status, replay.status) == (200, 200), replay.body
    assert [replayed(answer), replayed(replay)] == [False, True]
    assert (counted.jobs, counted.uploads, counted.money) == before
    assert pathless(replay) == pathless(answer)


def pathless(answer: Answer) -> dict[str, Any]:
    """The answer without its link, which is signed anew."""
    body = answer.json
    body["output"]["url"] = body["output"]["url"].partition("?")[0]
    return {name: value for name, value in body.items() if name != "request_id"}


def test_fifty_forms_of_other_boundaries_make_one_job(
    running: Running, counted: Counted, key: str
) -> None:
    fields = {"image": "@product.jpg", "output_format": "png", "width": "90"}
    jobs, uploads = counted.jobs, counted.uploads

    answers = race(
        lambda n: send_form(
            running.client,
            CONVERT,
            multipart(fields, running.media, boundary=f"b{n}", backwards=n % 2 == 1),
            key,
        )
    )

    assert {answer.status for answer in answers} == {202}
    (job,) = {answer.json["data"]["id"] for answer in answers}
    assert running.client.ended(job)["status"] == "completed"
    assert (counted.jobs, counted.uploads) == (jobs + 1, uploads + 1)
    counted.check()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_key_used_for_other_content_is_refused_in_the_familys_form(
    running: Running, counted: Counted, key: str, family: str
) -> None:
    path, body, other, code = FAMILIES[family]

    def ask(fields: dict[str, Any]) -> Answer:
        form = multipart({k: str(v) for k, v in fields.items()}, running.media, boundary="b")
        return send_form(running.client, path, form, key, Prefer="respond-async")

    accepted = ask(body)
    before = (counted.jobs, counted.uploads, counted.money[0])
    refused = ask(other)

    assert accepted.status == 202, accepted.body
    assert refused.status == 422, refused.body
    said = refused.json["error"] if isinstance(refused.json["error"], dict) else refused.json
    assert code in (said.get("code"), said.get("error_code"))
    assert (counted.jobs, counted.uploads, counted.money[0]) == before
    assert replayed(ask(body))


def test_a_key_is_the_same_quoted_and_bare(running: Running, counted: Counted, key: str) -> None:
    bare = running.client.post(QR, {"text": "q"}, headers={"Idempotency-Key": key})
    jobs = counted.jobs
    quoted = running.client.post(QR, {"text": "q"}, headers={"Idempotency-Key": f'"{key}"'})

    assert [replayed(bare), replayed(quoted)] == [False, True]
    assert counted.jobs == jobs


def test_a_key_in_another_account_is_another_key(
    running: Running, counted: Counted, key: str
) -> None:
    box = open_box(running.appliance.environ, discover())
    neighbour = with_key(box, open_account(box, "neighbour"), "neighbour")
    let_go(box)
    theirs = Client(running.client.base, neighbour.secret)

    ours = running.client.post(QR, {"text": "q"}, headers={"Idempotency-Key": key})
    jobs = counted.jobs
    other = theirs.post(QR, {"text": "something else"}, headers={"Idempotency-Key": key})

    assert (ours.status, other.status) == (200, 200)
    assert not replayed(other)
    assert counted.jobs == jobs + 1


def test_a_replay_after_the_end_gives_the_finished_result(
    running: Running, counted: Counted, key: str
) -> None:
    sent = {"Idempotency-Key": key}
    accepted = running.client.post(QR, {"text": "q"}, headers={**sent, "Prefer": "respond-async"})
    running.client.ended(accepted.json["status_url"].rpartition("/")[2])
    before = (counted.jobs, counted.money)

    replay = running.client.post(QR, {"text": "q"}, headers=sent)

    assert (accepted.status, replay.status) == (202, 200)
    assert replayed(replay)
    assert running.client.get(replay.json["output"]["url"]).status == 200
    assert (counted.jobs, counted.money) == before
