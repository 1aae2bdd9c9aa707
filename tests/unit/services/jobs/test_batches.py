from __future__ import annotations

import dataclasses

import pytest

from appliance.core.errors import (
    ConcurrencyLimited,
    IdempotencyMismatch,
    InsufficientCredits,
    QueueFull,
    QuotaExceeded,
    UnsupportedMedia,
)
from appliance.core.jobs import Environment, State
from appliance.core.money import ZERO, usd
from appliance.core.operation import Catalogue, Output
from appliance.services.jobs import batches, outcome, reading
from appliance.services.jobs.batches import Sent
from appliance.services.jobs.outcome import Result
from appliance.services.money import audit, ledger
from tests.support.box import OPERATIONS, Card, alive, ask, claim, made_file, opened_box, words
from tests.support.personas import move_in

GATHER = "test.gather"
gather = dataclasses.replace(words, name=GATHER, gathers=True, run=lambda _ctx, _p: Output(()))
NO_PICTURE = UnsupportedMedia("It is no picture.")


@pytest.fixture
def make_box(tmp_path, clock):
    """A box with an operation that gathers, and its people."""
    opened = []

    def make(**settings):
        kept = opened_box(
            tmp_path / str(len(opened)),
            catalogue=Catalogue((*OPERATIONS, gather)),
            clock=clock,
            **{"prices__test.gather": "0"} | settings,
        )
        opened.append(kept)
        box = kept.__enter__()
        alive(box)
        return box, move_in(box)

    yield make
    for kept in opened:
        kept.__exit__(None, None, None)


def whole(actor, **changes):
    return ask(actor, GATHER, type="batch", params=words.read({"texts": ["all"]}), **changes)


def sent(actor, count=3, refused=1):
    good = [Sent(f"{n}.jpg", ask(actor, params=Card(f"card {n}"))) for n in range(count)]
    return [*good, *[Sent("words.txt", NO_PICTURE)] * refused]


def free(box, actor):
    return ledger.free_balance(box.db, actor.account, Environment.LIVE)


def jobs(box):
    return box.db.row("SELECT count(*) FROM job")[0]


def test_each_file_becomes_a_job_with_a_hold_of_its_own(make_box):
    box, cast = make_box()

    admitted = batches.admit(box, whole(cast.ada.actor), sent(cast.ada.actor))

    assert (admitted.job.type, admitted.job.items, admitted.replayed) == ("batch", 4, False)
    assert admitted.job.tally == dataclasses.replace(admitted.job.tally, pending=3, refused=1)
    assert free(box, cast.ada.actor) == usd("10") - usd("0.3")
    listed = batches.items(box, admitted.job.id)
    assert [(each.name, each.status) for each in listed] == [
        *(("0.jpg", "pending"), ("1.jpg", "pending"), ("2.jpg", "pending")),
        ("words.txt", "refused"),
    ]
    assert listed[3].error is not None
    assert listed[3].error.message == "It is no picture."
    assert audit.faults(box.db) == []


def test_a_balance_for_some_of_them_refuses_all_and_keeps_nothing(make_box):
    box, cast = make_box(**{"prices__test.card": "4"})

    with pytest.raises(InsufficientCredits) as told:
        batches.admit(box, whole(cast.ada.actor), sent(cast.ada.actor))

    assert told.value.details == {"needed_usd": "12", "free_usd": "10"}
    assert (jobs(box), free(box, cast.ada.actor)) == (0, usd("10"))
    assert box.db.rows("SELECT 1 FROM item UNION ALL SELECT 1 FROM idempotency") == []


def test_the_same_request_again_makes_no_second_set(make_box):
    box, cast = make_box()
    actor = cast.ada.actor
    first = batches.admit(box, whole(actor, idempotency=("k", b"1")), sent(actor))

    again = batches.admit(box, whole(actor, idempotency=("k", b"1")), sent(actor))
    replayed = batches.replay(box, whole(actor, idempotency=("k", b"1")))

    assert (again.job.id, again.replayed) == (first.job.id, True)
    assert replayed is not None
    assert replayed.job.id == first.job.id
    assert (jobs(box), free(box, actor)) == (4, usd("9.7"))
    with pytest.raises(IdempotencyMismatch):
        batches.replay(box, whole(actor, idempotency=("k", b"2")))
    assert batches.replay(box, whole(actor)) is None


def test_all_of_a_batch_must_find_room_in_the_queue(make_box):
    box, cast = make_box(jobs__max_pending=3)

    with pytest.raises(QueueFull):
        batches.admit(box, whole(cast.ada.actor), sent(cast.ada.actor))

    batches.admit(box, whole(cast.ada.actor), sent(cast.ada.actor, count=2))


def test_a_batch_has_one_place_among_a_keys_unfinished_jobs(make_box):
    box, cast = make_box(rates__concurrent_jobs=1)
    actor = cast.ada.actor

    batches.admit(box, whole(actor), sent(actor))

    with pytest.raises(ConcurrencyLimited):
        batches.admit(box, whole(actor), sent(actor))


def test_every_picture_is_a_call_of_the_months_quota_and_the_batch_is_none(make_box):
    box, cast = make_box()
    actor = dataclasses.replace(cast.ada.actor, quota={"calls": 5})
    batches.admit(box, whole(actor), sent(actor))

    with pytest.raises(QuotaExceeded):
        batches.admit(box, whole(actor), sent(actor))
    batches.admit(box, whole(actor), sent(actor, count=2))


def test_of_the_quotas_money_all_pictures_together_are_counted(make_box):
    box, cast = make_box()
    actor = dataclasses.replace(cast.ada.actor, quota={"usd": "0.25"})

    with pytest.raises(QuotaExceeded):
        batches.admit(box, whole(actor), sent(actor))


def test_items_say_what_became_of_each_and_what_it_cost(make_box):
    box, cast = make_box()
    batch = batches.admit(box, whole(cast.ada.actor), sent(cast.ada.actor)).job
    done, failed, pending = claim(box), claim(box), batches.items(box, batch.id)[2]
    outcome.finish(box, done, Result([made_file(box, done)], {}, (), 1.0))
    outcome.fail(box, failed, UnsupportedMedia("Torn."))

    items = batches.items(box, batch.id)

    assert [each.status for each in items] == ["completed", "failed", "pending", "refused"]
    assert [each.charged for each in items] == [usd("0.1"), ZERO, ZERO, ZERO]
    assert items[0].files[0].path.read_text() == "Hello"
    assert items[1].error is not None
    assert (items[1].error.message, items[1].files) == ("Torn.", ())
    assert batches.items(box, batch.id, start=2, limit=1) == (pending,)


def test_a_batch_runs_from_its_first_picture_on(make_box):
    box, cast = make_box()
    batch = batches.admit(box, whole(cast.ada.actor), sent(cast.ada.actor)).job
    assert (batch.state, batch.progress) == (State.PENDING, 0.0)

    job = claim(box)
    outcome.finish(box, job, Result((), {}, (), 1.0))

    shown = reading.job_by_id(box, batch.id)
    assert (shown.state, shown.position) == (State.PROCESSING, None)
    assert shown.progress == pytest.approx(0.95 * 2 / 4)  # one done, one refused
    assert shown.live is not None
    assert (shown.live.step, shown.live.steps) == (2, 4)
    assert shown.started_at is not None


def test_cancelling_a_batch_gives_back_what_was_not_begun_and_keeps_what_is_done(make_box):
    box, cast = make_box()
    batch = batches.admit(box, whole(cast.ada.actor), sent(cast.ada.actor)).job
    job = claim(box)
    outcome.finish(box, job, Result((), {}, (), 1.0))

    outcome.request_cancel(box, batch.id)

    shown = reading.job_by_id(box, batch.id)
    assert shown.state is State.CANCELLED
    assert shown.tally is not None
    assert (shown.tally.completed, shown.tally.cancelled) == (1, 2)
    assert free(box, cast.ada.actor) == usd("10") - usd("0.1")
    assert audit.faults(box.db) == []


def test_a_url_of_its_own_hears_of_the_batch_and_not_of_its_pictures(make_box):
    box, cast = make_box()
    wanted = whole(cast.ada.actor, family="product", webhook="https://hooks.studio.test/done")
    batch = batches.admit(box, wanted, sent(cast.ada.actor, count=1)).job

    for _picture_and_batch in range(2):
        outcome.finish(box, claim(box), Result((), {}, (), 1.0))

    told = box.db.rows("SELECT job, family, kind, url FROM delivery")
    assert told == [(batch.id, "product", "job.completed", "https://hooks.studio.test/done")]
