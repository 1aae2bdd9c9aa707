"""The contract's one matrix of errors, by real requests to each family on a real box."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.errors import ProcessingFailed
from appliance.core.jobs import Lane
from appliance.core.scopes import Scope
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.keys import KeyWish
from appliance.services.box import Box
from appliance.services.jobs import claiming, outcome
from appliance.web.app import create_app
from tests.contract.asking import Caller, Refusal, refusal
from tests.contract.conftest import SETTINGS, put_models
from tests.support.box import alive, opened_box
from tests.unit.web.families.test_matrix import COLUMN, MATRIX

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQ"
    "DwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
WORDS = {"prompt": "a red apple", "width": 256, "height": 256}
# Each family's own submission: with a model, and without where it has one that needs none.
PICTURE: dict[str, tuple[str, dict[str, Any]]] = {
    "jobs": ("/api/v1/generate", WORDS),
    "wallet": ("/api/v1/image/generate", {"prompt": "a red apple", "model": "nano-banana-2"}),
    "tools": ("/api/v1/tools/image-upscale", {"image": PIXEL}),
    "product": ("/api/v1/upscale", {"image": PIXEL}),
    "studio": ("/api/generate/image", WORDS),
}
WAITING = ("wallet", "tools", "product")
PROMPTED = ("jobs", "wallet", "studio")
FILED = ("tools", "product")


@dataclass
class Counter:
    """A box of its own with its callers; `ada` has every scope."""

    box: Box
    ada: Caller

    @cached_property
    def ben(self) -> Caller:
        """Somebody whose key may only manage."""
        return self._with(scopes=frozenset({Scope.MGMT}))

    @cached_property
    def cyd(self) -> Caller:
        """Somebody whose key may run one tool."""
        return self._with(tools=("qr",))

    def _with(self, **wish: Any) -> Caller:
        account = accounts.ensure_first_account(self.box).account
        made = keys.create_key(self.box, account, KeyWish(name="other", **wish))
        return Caller(self.ada.client, made.secret)


@contextmanager
def counter(
    tmp_path: Any, *, models: bool = True, worker: bool = True, **differs: Any
) -> Iterator[Counter]:
    settings = {**SETTINGS, **differs}
    with opened_box(tmp_path, catalogue=discover(), clock=SYSTEM_CLOCK, **settings) as box:
        put_models(box, installed=models)
        if worker:
            alive(box)
        account = accounts.ensure_first_account(box).account
        secret = keys.create_key(box, account, KeyWish("ada", scopes=frozenset(Scope))).secret
        app = create_app(box)
        yield Counter(box, Caller(app.test_client(), secret))
        app.extensions["waiters"].leave()


def submit(caller: Caller, family: str, **changes: Any) -> Any:
    """The family's submission; `headers` and `data` as of the client, the rest into the body."""
    path, body = PICTURE[family]
    options = {
        name: changes.pop(name) for name in ("headers", "data", "content_type") if name in changes
    }
    if "data" not in options:
        options["json"] = {**body, **changes}
    return caller.send("POST", path, **options)


def check(said: Refusal, family: str, name: str) -> None:
    """That it is the matrix's cell."""
    status, *codes = MATRIX[name]
    softened = name == "InvalidInput" and family in ("wallet", "studio")
    assert (said.family, said.status) == (family, 400 if softened else status)
    assert said.code == codes[COLUMN[family] - 1]


families = pytest.mark.parametrize("family", PICTURE)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    with counter(tmp_path_factory.mktemp("desk")) as found:
        yield found


@families
def test_each_submission_is_taken_when_nothing_is_wrong(desk, family):
    assert submit(desk.ada, family).status_code == 202


@families
def test_a_wrong_field(desk, family):
    check(refusal(submit(desk.ada, family, colour="red")), family, "InvalidInput")


@families
def test_no_key_and_a_wrong_key(desk, family):
    for secret, name in (("", "MissingKey"), ("sa_live_wrong", "InvalidKey")):
        check(refusal(submit(Caller(desk.ada.client, secret), family)), family, name)


@families
def test_a_key_without_the_scope(desk, family):
    check(refusal(submit(desk.ben, family)), family, "InsufficientScope")


def test_a_key_without_the_tool(desk):
    check(refusal(submit(desk.cyd, "tools")), "tools", "ToolNotAllowed")


@families
def test_too_little_money(tmp_path, family):
    with counter(tmp_path, billing__starting_credits=0) as desk:
        check(refusal(submit(desk.ada, family)), family, "InsufficientCredits")


@pytest.mark.parametrize("family", FILED)
def test_a_file_that_is_not_there(desk, family):
    gone = "upl_01K7M2V8Q4R9S6T3W5X1Y0ZABC"

    check(refusal(submit(desk.ada, family, image=gone)), family, "NotFound")


def test_a_finished_job_cancelled(desk):
    job = submit(desk.ada, "jobs").json["data"]["id"]
    assert desk.ada.send("DELETE", f"/api/v1/jobs/{job}").status_code == 200

    check(refusal(desk.ada.send("DELETE", f"/api/v1/jobs/{job}")), "jobs", "Conflict")


@families
def test_an_idempotency_key_used_again(desk, family):
    headers = {"Idempotency-Key": f"once in {family}"}
    other = {"prompt": "a blue apple"} if family in PROMPTED else {"scale": 4}
    assert submit(desk.ada, family, headers=headers).status_code == 202

    said = refusal(submit(desk.ada, family, headers=headers, **other))

    check(said, family, "IdempotencyMismatch")


@families
def test_a_body_that_is_too_large(tmp_path, family):
    with counter(tmp_path, limits__upload_bytes=1) as desk:
        body = b'{"prompt": "' + b"a" * 1_100_000 + b'"}'
        said = refusal(submit(desk.ada, family, data=body, content_type="application/json"))

        check(said, family, "TooLarge")


@pytest.mark.parametrize("family", FILED)
def test_a_file_that_is_too_large(tmp_path, family):
    with counter(tmp_path, limits__small_upload_bytes=10) as desk:
        check(refusal(submit(desk.ada, family)), family, "TooLarge")


@families
def test_a_body_of_no_kind_we_read(desk, family):
    said = refusal(submit(desk.ada, family, data=b"apple", content_type="text/plain"))

    check(said, family, "UnsupportedMedia")


@families
def test_too_many_requests(tmp_path, family):
    rates = {name: "1 per 1 hour" for name in SETTINGS if name.startswith("rates__")}
    with counter(tmp_path, **rates) as desk:
        said = [refusal_or_none(submit(desk.ada, family)) for _ in range(3)][-1]

        assert said is not None
        check(said, family, "RateLimited")
        assert int(said.headers["Retry-After"]) > 0


def refusal_or_none(reply: Any) -> Refusal | None:
    return refusal(reply) if reply.status_code >= 400 else None


@families
def test_too_many_jobs_at_once(tmp_path, family):
    with counter(tmp_path, rates__concurrent_jobs=1) as desk:
        assert submit(desk.ada, family).status_code == 202

        check(refusal(submit(desk.ada, family)), family, "ConcurrencyLimited")


@pytest.mark.parametrize("family", PROMPTED)
def test_what_the_content_rules_refuse(desk, family):
    check(refusal(submit(desk.ada, family, prompt="a naked child")), family, "ContentBlocked")


@families
def test_no_worker(tmp_path, family):
    with counter(tmp_path, worker=False) as desk:
        said = refusal(submit(desk.ada, family))

        check(said, family, "NoWorker")
        assert int(said.headers["Retry-After"]) > 0


@families
def test_a_full_queue(tmp_path, family):
    with counter(tmp_path, jobs__max_pending=1) as desk:
        assert submit(desk.ada, family).status_code == 202
        said = refusal(submit(desk.ada, family))

        check(said, family, "QueueFull")
        assert int(said.headers["Retry-After"]) > 0


@families
def test_a_full_disk(tmp_path, family):
    with counter(tmp_path, storage__low_water_mb=10**9) as desk:
        check(refusal(submit(desk.ada, family)), family, "StorageFull")


@families
def test_a_model_without_its_weights(tmp_path, family):
    with counter(tmp_path, models=False) as desk:
        said = refusal(submit(desk.ada, family))

        check(said, family, "ModelNotInstalled")


@pytest.mark.parametrize("family", WAITING)
def test_work_that_fails_while_its_family_waits(tmp_path, family):
    patience = {f"{name}__wait_s": 60 for name in WAITING}
    with counter(tmp_path, **patience) as desk:
        failing = threading.Thread(target=_fail_the_next, args=[desk.box], daemon=True)
        failing.start()
        said = refusal(submit(desk.ada, family))
        failing.join(60)

        check(said, family, "ProcessingFailed")


def _fail_the_next(box: Box) -> None:
    with closing(box.db):
        claimed = None
        while claimed is None:
            SYSTEM_CLOCK.sleep(0.02)
            found = (claiming.claim_next(box, lane, "boot") for lane in Lane)
            claimed = next((job for job in found if job), None)
        outcome.fail(box, claimed, ProcessingFailed("It did not work."))
