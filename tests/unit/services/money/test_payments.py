from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from sqlite3 import IntegrityError

import pytest
from playhouse.migrations import Runner

from appliance.adapters import migrations
from appliance.adapters.database import Database
from appliance.core.errors import Conflict, IdempotencyMismatch, InvalidInput, NotFound
from appliance.core.ids import job_uuid
from appliance.core.jobs import Environment
from appliance.core.money import Money, usd
from appliance.services.jobs import outcome
from appliance.services.money import audit, ledger
from appliance.services.money.payments import (
    Kind,
    Order,
    RefundOrder,
    adjust,
    grant,
    refund,
    top_up,
)
from tests.support.box import claim, completed, opened_box, submit
from tests.support.personas import open_account, with_key

LIVE, TEST = Environment.LIVE, Environment.TEST


def order(persona, amount: str, key: str | None = None, environment=LIVE) -> Order:
    return Order(persona.account, environment, usd(amount), "because", key)


def free(box, persona, environment=LIVE) -> str:
    return ledger.free_balance(box.db, persona.account, environment).usd()


@pytest.mark.parametrize(
    ("move", "amount", "after"),
    [(grant, "5", "15"), (top_up, "25", "35"), (adjust, "1.5", "11.5"), (adjust, "-10", "0")],
)
def test_a_payment_moves_one_balance_and_says_what_is_on_it(box, ada, cyd, move, amount, after):
    booked = move(box, order(ada, amount))

    assert not booked.replayed
    assert (booked.payment.amount, booked.payment.balance) == (usd(amount), usd(after))
    assert (booked.payment.reason, booked.payment.job) == ("because", None)
    assert (free(box, ada), free(box, ada, TEST), free(box, cyd)) == (after, "10", "10")
    assert audit.faults(box.db) == []


def test_the_test_balance_is_another(box, ada):
    grant(box, order(ada, "5", environment=TEST))

    assert (free(box, ada), free(box, ada, TEST)) == ("10", "15")


@pytest.mark.parametrize(
    ("move", "amount", "field"),
    [
        (grant, "0", "credits"),
        (grant, "-1", "credits"),
        (top_up, "9.999999", "usd"),
        (top_up, "-10", "usd"),
        (adjust, "0", "usd"),
        (adjust, "-10.000001", "usd"),
    ],
)
def test_an_amount_that_cannot_be_moved_is_refused(box, ada, move, amount, field):
    with pytest.raises(InvalidInput) as caught:
        move(box, order(ada, amount, "key"))

    assert caught.value.field == field
    assert free(box, ada) == "10"
    assert move(box, order(ada, "10", "key")).replayed is False  # nothing was kept of it


def test_what_is_held_cannot_be_taken_away(box, ada):
    submit(box, ada.actor)

    with pytest.raises(InvalidInput, match=r"Only 9\.9 USD are free"):
        adjust(box, order(ada, "-10"))


def test_the_smallest_top_up_is_a_setting(tmp_path):
    with opened_box(tmp_path, billing__min_topup_usd="0") as box:
        account = open_account(box, "ada", credit_usd="0")

        assert top_up(box, Order(account, LIVE, Money(1), "a cent's part")).payment
        with pytest.raises(InvalidInput):
            top_up(box, Order(account, LIVE, Money(0), "nothing"))


@pytest.mark.parametrize("move", [grant, top_up, adjust])
def test_an_order_with_a_key_is_carried_out_once(box, ada, clock, move):
    first = move(box, order(ada, "20", "key"))
    clock.step(days=3)
    grant(box, order(ada, "1"))

    again = move(box, order(ada, "20", "key"))

    assert (again.payment, again.replayed) == (first.payment, True)
    assert free(box, ada) == "31"


def test_another_order_under_a_used_key_is_refused(box, ada, cyd):
    first = order(ada, "20", "key")
    grant(box, first)
    others = [
        (top_up, first),
        (grant, replace(first, amount=usd("21"))),
        (grant, replace(first, reason="another")),
        (grant, replace(first, environment=TEST)),
        (grant, order(cyd, "20", "key")),
    ]

    for move, other in others:
        with pytest.raises(IdempotencyMismatch):
            move(box, other)
    assert free(box, ada) == "30"


def test_without_a_key_the_same_order_is_carried_out_again(box, ada):
    for _ in range(2):
        grant(box, order(ada, "5"))

    assert free(box, ada) == "20"


def test_a_refund_is_given_in_parts_and_never_more_than_was_charged(box, ada):
    job = completed(box, ada.actor)
    part = RefundOrder(ada.account, job.id, usd("0.04"), "spoilt")

    booked = refund(box, part)
    assert (booked.payment.kind, booked.payment.job) == (Kind.REFUND, job.id)
    with pytest.raises(InvalidInput, match=r"at most 0\.06 USD"):
        refund(box, replace(part, amount=usd("0.060001")))
    assert refund(box, replace(part, amount=None)).payment.amount == usd("0.06")
    with pytest.raises(Conflict, match="Nothing is left"):
        refund(box, part)

    assert free(box, ada) == "10"
    assert not ledger.spent(box.db, ada.account, LIVE)
    assert audit.faults(box.db) == []


@pytest.mark.parametrize("amount", ["0", "-0.01"])
def test_a_refund_of_nothing_or_less_is_refused(box, ada, amount):
    job = completed(box, ada.actor)

    with pytest.raises(InvalidInput):
        refund(box, RefundOrder(ada.account, job.id, usd(amount), "spoilt"))


@pytest.mark.parametrize("amount", [None, usd("0.04")])
def test_a_refund_with_a_key_is_given_once(box, ada, amount):
    job = completed(box, ada.actor)
    asked = RefundOrder(ada.account, job.id, amount, "spoilt", "key")

    first, again = refund(box, asked), refund(box, asked)

    assert (again.payment, again.replayed) == (first.payment, True)
    for other in ("0.05", "0"):
        with pytest.raises(IdempotencyMismatch):
            refund(box, replace(asked, amount=usd(other)))
    with pytest.raises(IdempotencyMismatch):
        refund(box, replace(asked, job=completed(box, ada.actor).id))


def test_a_job_is_named_in_any_of_its_ways(box, ada):
    job = completed(box, ada.actor).id

    for name in (job, f"job_{job}", job_uuid(job), "1"):
        assert refund(box, RefundOrder(ada.account, name, Money(1), "spoilt")).payment.job == job


@pytest.mark.parametrize("name", ["2", "job_", "x", ""])
def test_a_job_that_is_not_there_is_not_found(box, ada, name):
    completed(box, ada.actor)

    with pytest.raises(NotFound):
        refund(box, RefundOrder(ada.account, name, None, "spoilt"))


def test_jobs_of_others_and_of_the_other_balance_are_not_found(box, ada, cyd):
    asked = RefundOrder(ada.account, completed(box, ada.actor).id, None, "spoilt")

    for other in (replace(asked, account=cyd.account), replace(asked, environment=TEST)):
        with pytest.raises(NotFound):
            refund(box, other)


def test_what_was_not_charged_is_not_refunded(box, ada):
    running = submit(box, ada.actor)
    asked = RefundOrder(ada.account, running.id, None, "spoilt")
    with pytest.raises(Conflict, match="has not ended"):
        refund(box, asked)

    outcome.cancelled(box, claim(box))

    with pytest.raises(Conflict, match="Nothing is left"):
        refund(box, asked)


def test_a_job_without_a_hold_was_charged_nothing(tmp_path):
    with opened_box(tmp_path, billing__enabled=False) as box:
        ada = with_key(box, open_account(box, "ada"), "ada")
        job = completed(box, ada.actor)

        with pytest.raises(Conflict, match="charged nothing"):
            refund(box, RefundOrder(ada.account, job.id, None, "spoilt"))


def test_the_rows_themselves_refuse_a_refund_above_what_was_captured(box, ada):
    job = completed(box, ada.actor)
    refund(box, RefundOrder(ada.account, job.id, usd("0.04"), "spoilt"))

    for micros in (60_001, 100_000):
        with pytest.raises(IntegrityError, match="above"), box.db.transaction() as tx:
            tx.run(
                "INSERT INTO payment SELECT e.id, h.debtor, ?, 0, h.id FROM hold h"
                " JOIN entry e ON e.ref = h.id AND e.kind = 'settle'",
                (micros,),
            )


@pytest.mark.parametrize("sql", ["UPDATE payment SET amount = 1", "DELETE FROM payment"])
def test_payments_cannot_be_written_anew(box, ada, sql):
    with pytest.raises(IntegrityError), box.db.transaction() as tx:
        tx.run(sql)


def test_grants_from_before_there_were_payments_are_payments(tmp_path):
    old = Database(tmp_path / "appliance.db")
    Runner(old.peewee, str(Path(migrations.__file__).parent)).up("0002_events")
    with old.transaction() as tx:
        for name in ("funding:live", "free:acc_1:live", "free:acc_2:live"):
            tx.run("INSERT INTO ledger_account(name) VALUES (?)", (name,))
        for number, (purse, micros) in enumerate([(2, 50), (3, 7), (2, 20)]):
            tx.run("INSERT INTO entry VALUES (?, 'grant', NULL, 'gift', ?, 1)", (number, number))
            tx.run("INSERT INTO transfer VALUES (NULL, ?, 1, ?, ?)", (number, purse, micros))

    old.migrate()

    assert old.rows("SELECT id, purse, amount, balance, hold FROM payment ORDER BY id") == [
        ("0", 2, 50, 50, None),
        ("1", 3, 7, 7, None),
        ("2", 2, 20, 70, None),
    ]
    assert audit.faults(old) == []
    old.close()
