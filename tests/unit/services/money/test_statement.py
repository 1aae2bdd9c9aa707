from __future__ import annotations

import csv
import io

from appliance.core.jobs import Environment
from appliance.core.money import usd
from appliance.services.jobs import outcome
from appliance.services.money import ledger
from appliance.services.money.statement import as_csv, payments
from tests.support.box import completed, submit

LIVE, TEST = Environment.LIVE, Environment.TEST


def grant(box, persona, amount, reason="gift", environment=LIVE):
    ledger.grant(box, persona.account, usd(amount), environment=environment, reason=reason)


def test_what_was_paid_in_is_listed_and_what_jobs_moved_is_not(box, ada, clock):
    completed(box, ada.actor)
    (line,) = payments(box, ada.account, LIVE, limit=9).lines

    assert (line.kind, line.amount, line.reason) == ("grant", usd("10"), "test")
    assert line.at <= clock.now()


def test_balances_and_accounts_have_lists_of_their_own(box, ada, cyd):
    grant(box, ada, "1", environment=TEST)
    grant(box, cyd, "2")

    assert len(payments(box, ada.account, LIVE, limit=9).lines) == 1
    assert len(payments(box, ada.account, TEST, limit=9).lines) == 2
    assert len(payments(box, cyd.account, LIVE, limit=9).lines) == 2


def test_pages_hold_every_payment_once(box, ada):
    for n in range(1, 8):
        grant(box, ada, str(n), reason=f"no. {n}")
    seen, cursor = [], None
    while True:
        page = payments(box, ada.account, LIVE, limit=3, cursor=cursor)
        seen += [line.id for line in page.lines]
        if (cursor := page.cursor) is None:
            break

    assert len(seen) == len(set(seen)) == 8
    assert seen == sorted(seen, reverse=True)


def test_the_book_lists_every_move_in_order_and_adds_up_to_the_balances(box, ada):
    completed(box, ada.actor)
    outcome.request_cancel(box, submit(box, ada.actor).id)
    book = list(csv.DictReader(io.StringIO(as_csv(box, ada.account, LIVE))))

    assert book[0]["kind"] == "grant"
    assert {row["balance"] for row in book} == {"free", "held"}
    for balance, now in (("free", "9.9"), ("held", "0")):
        moves = [usd(row["amount_usd"]).micros for row in book if row["balance"] == balance]
        assert sum(moves) == usd(now).micros


def test_a_reason_with_commas_and_lines_stays_one_field(box, ada):
    grant(box, ada, "1", reason='for "Ana",\nwith thanks')
    book = list(csv.DictReader(io.StringIO(as_csv(box, ada.account, LIVE), newline="")))

    assert book[-1]["reason"] == 'for "Ana",\nwith thanks'
