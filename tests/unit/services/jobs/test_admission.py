from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from appliance.core import errors
from appliance.core.jobs import Environment, Lane, State
from appliance.core.money import usd
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.services.jobs import outcome
from appliance.services.jobs.admission import admit
from appliance.services.money import audit, ledger
from tests.support.box import (
    Card,
    Frame,
    Paint,
    Words,
    alive,
    ask,
    let_go,
    opened_box,
    put_model,
    put_upload,
    submit,
)
from tests.support.personas import Persona, move_in, with_key

LIVE = Environment.LIVE
TABLES = ("job", "hold", "entry", "transfer", "idempotency", "output", "event")
SLY = Card("naked child")
FULL = {"jobs__max_pending": 0}
TOOL = {"family": "tools", "tool": "card"}


def rows(box: Box) -> dict[str, object]:
    """All that a refusal must leave as it is."""
    counts = {table: box.db.row(f"SELECT count(*) FROM {table}") for table in TABLES}
    return counts | {"jobs": box.db.rows("SELECT id, jobs FROM account ORDER BY id")}


@pytest.fixture
def boxes(tmp_path, clock) -> Iterator[object]:
    """Opens boxes with settings, whose worker is alive; gives the box and its Ada."""
    opened: list[Box] = []

    def open_one(**settings: object) -> tuple[Box, Persona]:
        box = opened_box(tmp_path / f"box-{len(opened)}", clock=clock, **settings).__enter__()
        opened.append(box)
        alive(box)
        return box, move_in(box).ada

    yield open_one
    for box in opened:
        let_go(box)


def test_an_accepted_request_is_a_pending_job_with_its_hold(box, ada, clock):
    admitted = admit(box, ask(ada.actor, params=Card("Hi", count=3), extra={"a": [1]}))
    job = admitted.job

    assert not admitted.replayed
    assert (job.state, job.number, job.attempt, job.lane) == (State.PENDING, 1, 0, Lane.LIGHT)
    assert (job.account, job.key, job.environment) == (ada.account, ada.key, LIVE)
    assert (job.family, job.type, job.operation) == ("jobs", "card", "test.card")
    assert job.params["text"] == "Hi"
    assert job.extra == {"a": [1]}
    assert (job.price, job.created_at) == (usd("0.3"), clock.now())
    assert ledger.held_balance(box.db, ada.account, LIVE) == usd("0.3")
    assert audit.faults(box.db) == []


@pytest.mark.parametrize(
    ("settings", "changes", "error"),
    [
        ({}, {"params": SLY}, errors.ContentBlocked),
        ({}, {"name": "test.words", "params": Words(("a child", "naked"))}, errors.ContentBlocked),
        ({}, {"name": "test.paint", "params": Paint("a kettle")}, errors.ModelNotInstalled),
        ({}, {"name": "test.paint", "params": Paint("a"), "model": "gone"}, errors.InvalidInput),
        ({"prices__test.card": "10.000001"}, {}, errors.InsufficientCredits),
        (FULL, {}, errors.QueueFull),
        ({"storage__low_water_mb": 10**9}, {}, errors.StorageFull),
        ({}, {"operation": "test.nothing"}, errors.NotFound),
    ],
)
def test_a_refused_request_leaves_no_row_and_no_hold(boxes, settings, changes, error):
    box, ada = boxes(**settings)
    before = rows(box)

    with pytest.raises(error):
        admit(box, ask(ada.actor, **changes, idempotency=("key", b"1")))

    assert rows(box) == before
    assert ledger.free_balance(box.db, ada.account, LIVE) == usd("10")


@pytest.mark.parametrize(
    ("settings", "limits", "changes", "error"),
    [
        ({"rates__concurrent_jobs": 1}, {}, {}, errors.ConcurrencyLimited),
        ({"plans__enterprise__limits__tools_an_hour": 1}, {}, TOOL, errors.RateLimited),
        ({}, {"quota": {"calls": 1}}, {}, errors.QuotaExceeded),
        ({}, {"quota": {"usd": "0.19"}}, {}, errors.QuotaExceeded),
    ],
)
def test_what_is_beyond_a_keys_limits_leaves_nothing(boxes, settings, limits, changes, error):
    box, ada = boxes(**settings)
    actor = replace(ada.actor, **limits)
    submit(box, actor, **changes)
    before = rows(box)

    with pytest.raises(error):
        admit(box, ask(actor, **changes, idempotency=("key", b"1")))

    assert rows(box) == before


def test_a_tool_that_is_not_the_keys_is_refused(box, ada):
    actor = replace(ada.actor, tools=frozenset({"qr"}))
    before = rows(box)

    with pytest.raises(errors.ToolNotAllowed) as caught:
        admit(box, ask(actor, **TOOL))

    assert caught.value.details == {"allowed": ["qr"]}
    assert rows(box) == before


@pytest.mark.parametrize(
    "settings", [{"rates__concurrent_jobs": 1}, {"plans__enterprise__limits__tools_an_hour": 1}]
)
def test_a_cancelled_job_gives_its_place_back(boxes, settings):
    box, ada = boxes(**settings)

    outcome.request_cancel(box, submit(box, ada.actor, **TOOL).id)

    assert submit(box, ada.actor, **TOOL)


def test_tools_are_counted_by_the_hour_and_the_way_back_is_told(boxes, clock):
    box, ada = boxes(plans__enterprise__limits__tools_an_hour=2)
    submit(box, ada.actor, **TOOL)
    clock.step(minutes=20)
    submit(box, ada.actor, **TOOL)
    alive(box)

    with pytest.raises(errors.RateLimited) as caught:
        admit(box, ask(ada.actor, **TOOL))

    assert caught.value.retry_after_s == 2400
    assert caught.value.details["limit"] == {"limit": 2, "window_seconds": 3600}
    clock.step(seconds=2400)
    assert submit(box, ada.actor, **TOOL)


@pytest.mark.parametrize("seconds", [15.001, 3600])
def test_without_a_worker_nothing_is_accepted(box, ada, clock, seconds):
    clock.step(seconds=seconds)
    before = rows(box)

    with pytest.raises(errors.NoWorker) as caught:
        admit(box, ask(ada.actor))

    assert caught.value.retry_after_s
    assert rows(box) == before


def test_undressing_is_judged_with_the_photo_that_comes_along(box, ada):
    photo = uploads.find(box, ada.account, put_upload(box, ada.account))
    before = rows(box)

    with pytest.raises(errors.ContentBlocked) as caught:
        admit(box, ask(ada.actor, "test.frame", params=Frame(photo, "topless")))

    assert caught.value.details == {"rule": "undress"}
    assert rows(box) == before
    assert submit(box, ada.actor, params=Card("topless"))


def test_a_seed_that_was_not_given_is_drawn_and_kept(box, ada):
    drawn = {submit(box, ada.actor).params["seed"] for _ in range(5)}
    given = [submit(box, ada.actor, params=Card("Hi", seed=n)).params["seed"] for n in (0, 7)]

    assert len(drawn) == 5
    assert all(0 <= seed < 2**32 for seed in drawn)
    assert given == [0, 7]


def test_models_are_pinned_and_decide_the_lane(box, ada):
    put_model(box, "oil")
    job = submit(box, ada.actor, "test.paint", params=Paint("a kettle"), model="default")

    assert (job.lane, job.models, job.model) == (Lane.HEAVY, {"test.painter": "oil"}, "default")
    assert job.resolved_model == "oil"


def test_the_price_is_that_of_the_name_asked_for(boxes):
    box, ada = boxes(aliases__dear="oil")
    put_model(box, "oil")

    assert submit(box, ada.actor, "test.paint", params=Paint("a"), model="dear").price == usd("2")
    assert submit(box, ada.actor, "test.paint", params=Paint("a"), model="oil").price == usd("0.5")


def test_a_test_key_moves_the_test_balance_only(box, ada):
    tester = with_key(box, ada.account, "test", Environment.TEST)

    job = submit(box, tester.actor)

    assert job.environment is Environment.TEST
    assert ledger.free_balance(box.db, ada.account, LIVE) == usd("10")
    assert ledger.free_balance(box.db, ada.account, Environment.TEST) == usd("9.9")


def test_numbers_count_within_an_account_and_a_refusal_uses_none(box, ada, ben, cyd):
    assert submit(box, ada.actor).number == 1
    with pytest.raises(errors.ContentBlocked):
        admit(box, ask(ada.actor, params=SLY))

    assert [submit(box, each.actor).number for each in (ben, cyd, ada)] == [2, 1, 3]


def test_a_repeated_request_is_answered_with_the_first_job_worker_or_not(box, ada, ben, clock):
    first = admit(box, ask(ada.actor, idempotency=("key", b"1")))
    before = rows(box)
    clock.step(hours=1)

    again = admit(box, ask(ben.actor, idempotency=("key", b"1")))

    assert again.replayed
    assert again.job.id == first.job.id
    assert rows(box) == before


def race(box: Box, count: int, make: object) -> list[object]:
    """The results of `count` threads that call `make` at the same moment; errors are results."""
    barrier = threading.Barrier(count)

    def one(number: int) -> object:
        barrier.wait()
        try:
            return make(number)
        except (errors.QueueFull, errors.InsufficientCredits) as refused:
            return refused
        finally:
            let_go(box)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_thirty_twins_at_once_make_one_job_and_one_hold(box, ada):
    twins = race(box, 30, lambda _: admit(box, ask(ada.actor, idempotency=("key", b"1"))))

    assert len({twin.job.id for twin in twins}) == 1
    assert sum(not twin.replayed for twin in twins) == 1
    assert box.db.row("SELECT count(*), sum(amount) FROM hold") == (1, 100_000)
    assert box.db.row("SELECT count(*) FROM job") == (1,)


def test_a_balance_is_not_overdrawn_by_requests_at_once(boxes):
    box, ada = boxes(**{"prices__test.card": "3"})
    results = race(box, 8, lambda _: admit(box, ask(ada.actor)))

    assert sum(isinstance(each, errors.InsufficientCredits) for each in results) == 5
    assert ledger.free_balance(box.db, ada.account, LIVE) == usd("1")
    assert audit.faults(box.db) == []


def test_the_queue_is_not_overfilled_by_requests_at_once(boxes):
    box, ada = boxes(jobs__max_pending=3)

    race(box, 16, lambda _: admit(box, ask(ada.actor)))

    assert box.db.row("SELECT count(*) FROM job") == (3,)
