from __future__ import annotations

import csv
import io

import pytest

from appliance.core.jobs import Environment
from appliance.core.money import usd
from appliance.services.jobs import outcome
from appliance.services.money import ledger, statement
from appliance.services.money.payments import Order, RefundOrder, adjust, grant, refund
from appliance.services.money.statement import as_csv, payments
from tests.support.box import completed, submit

LIVE, TEST = Environment.LIVE, Environment.TEST


def give(box, persona, amount, reason="gift", environment=LIVE):
    grant(box, Order(persona.account, environment, usd(amount), reason))


def book(box, persona, environment=LIVE) -> list[dict[str, str]]:
    text = "".join(as_csv(box, persona.account, environment))
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_what_was_paid_in_is_listed_and_what_jobs_moved_is_not(box, ada, clock):
    completed(box, ada.actor)
    (line,) = payments(box, ada.account, LIVE, limit=9).payments

    assert (line.kind, line.amount, line.reason) == ("grant", usd("10"), "test")
    assert line.at <= clock.now()


def test_a_refund_is_listed_with_its_job(box, ada):
    job = completed(box, ada.actor)
    made = refund(box, RefundOrder(ada.account, job.id, None, "spoilt")).payment

    assert made in payments(box, ada.account, LIVE, limit=9).payments
    assert made.job == job.id


def test_balances_and_accounts_have_lists_of_their_own(box, ada, cyd):
    give(box, ada, "1", environment=TEST)
    give(box, cyd, "2")

    assert len(payments(box, ada.account, LIVE, limit=9).payments) == 1
    assert len(payments(box, ada.account, TEST, limit=9).payments) == 2
    assert len(payments(box, cyd.account, LIVE, limit=9).payments) == 2


def test_pages_hold_every_payment_once(box, ada):
    for n in range(1, 8):
        give(box, ada, str(n), reason=f"no. {n}")
    seen, cursor = [], None
    while True:
        page = payments(box, ada.account, LIVE, limit=3, cursor=cursor)
        seen += [line.id for line in page.payments]
        if (cursor := page.cursor) is None:
            break

    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("batch", [1, 2, 2000])
def test_the_book_lists_every_move_in_order_and_adds_up(box, ada, cyd, monkeypatch, batch):
    monkeypatch.setattr(statement, "_BATCH", batch)
    job = completed(box, ada.actor)
    completed(box, cyd.actor)
    outcome.request_cancel(box, submit(box, ada.actor).id)
    refund(box, RefundOrder(ada.account, job.id, usd("0.04"), "spoilt"))
    adjust(box, Order(ada.account, LIVE, usd("-1"), "typo"))

    kept = book(box, ada)

    kinds = ["grant", *["hold"] * 2, "settle", *["hold"] * 2, *["settle"] * 2, "refund"]
    assert [row["kind"] for row in kept] == [*kinds, "adjustment"]
    after = {"free": 0, "held": 0}
    for row in kept:
        after[row["balance"]] += usd(row["amount_usd"]).micros
        assert usd(row["after_usd"]).micros == after[row["balance"]]
    assert after == {"free": ledger.free_balance(box.db, ada.account, LIVE).micros, "held": 0}
    assert after["free"] == usd("8.94").micros


def test_the_book_names_the_job_of_each_move(box, ada):
    job = completed(box, ada.actor)
    refund(box, RefundOrder(ada.account, job.id, None, "spoilt"))

    named = {row["kind"]: row["reference"] for row in book(box, ada)}

    assert named == {"grant": "", "hold": job.id, "settle": job.id, "refund": job.id}


def test_the_book_of_nobody_has_a_heading(box):
    heading = "at,kind,balance,amount_usd,after_usd,reference,reason\r\n"

    assert list(as_csv(box, "acc_none", LIVE)) == [heading]


def test_a_reason_with_commas_and_lines_stays_one_field(box, ada):
    give(box, ada, "1", reason='for "Ana",\nwith thanks')

    assert book(box, ada)[-1]["reason"] == 'for "Ana",\nwith thanks'
