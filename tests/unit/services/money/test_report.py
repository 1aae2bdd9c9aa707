from __future__ import annotations

from datetime import timedelta

from appliance.core.errors import ProcessingFailed
from appliance.core.jobs import Environment
from appliance.core.money import usd
from appliance.services.jobs import outcome
from appliance.services.money import ledger
from appliance.services.money.payments import RefundOrder, refund
from appliance.services.money.report import Group, Period, Used, used
from tests.support.box import PAINTER, Paint, claim, completed, opened_box, put_model, submit
from tests.support.personas import move_in

LIVE, TEST = Environment.LIVE, Environment.TEST


def report(box, persona, *by: Group, period: Period | None = None, environment=LIVE) -> list[Used]:
    now = box.clock.now()
    whole = Period(now - timedelta(days=60), now + timedelta(days=60))
    return used(box, persona.account, environment, period or whole, by)


def test_ended_jobs_are_counted_and_summed(box, ada):
    completed(box, ada.actor)
    outcome.request_cancel(box, submit(box, ada.actor).id)
    submit(box, ada.actor)
    job = claim(box)
    box.clock.step(seconds=2.5)
    outcome.fail(box, job, ProcessingFailed("It did not work."))
    submit(box, ada.actor)  # has not ended

    (row,) = report(box, ada)

    assert (row.jobs, row.completed, row.failed, row.cancelled) == (3, 1, 1, 1)
    assert (row.seconds, row.cost, row.group) == (2.5, usd("0.1"), {})


def test_refunds_are_taken_off(box, ada):
    job = completed(box, ada.actor)
    refund(box, RefundOrder(ada.account, job.id, usd("0.03"), "spoilt"))

    assert report(box, ada)[0].cost == usd("0.07")


def test_jobs_are_put_together_by_day_key_and_operation(box, ada, ben, clock):
    completed(box, ada.actor)
    completed(box, ada.actor)
    completed(box, ben.actor)
    clock.step(days=1)
    completed(box, ada.actor, name="test.send")

    days = [(row.group[Group.DAY], row.jobs) for row in report(box, ada, Group.DAY)]
    by_key = {row.group[Group.KEY]: row.cost for row in report(box, ada, Group.KEY)}
    both = report(box, ada, Group.OPERATION, Group.DAY)

    assert days == [("2026-03-14", 3), ("2026-03-15", 1)]
    assert by_key == {ada.key: usd("0.3"), ben.key: usd("0.1")}
    assert [(tuple(row.group.values()), row.jobs) for row in both] == [
        (("test.card", "2026-03-14"), 3),
        (("test.send", "2026-03-15"), 1),
    ]


def test_the_model_is_the_one_that_ran(box, ada):
    put_model(box, "oil", ability=PAINTER.name, runtime="ncnn")
    completed(box, ada.actor, name="test.paint", params=Paint(prompt="a pond"))
    completed(box, ada.actor)

    rows = report(box, ada, Group.MODEL)

    assert [(row.group[Group.MODEL], row.cost) for row in rows] == [
        (None, usd("0.1")),
        ("oil", usd("0.5")),
    ]


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last(box, ada):
    completed(box, ada.actor)
    ended, tick = box.clock.now(), timedelta(microseconds=1)

    for period, jobs in (
        (Period(ended, ended + tick), 1),
        (Period(ended + tick, ended + 2 * tick), 0),
        (Period(ended - tick, ended), 0),
    ):
        assert sum(row.jobs for row in report(box, ada, period=period)) == jobs


def test_other_accounts_and_the_other_balance_are_left_out(box, ada, cyd):
    completed(box, ada.actor)

    assert report(box, cyd, Group.DAY) == []
    assert report(box, ada, Group.DAY, environment=TEST) == []


def test_with_billing_off_usage_says_what_jobs_would_have_cost(tmp_path):
    with opened_box(tmp_path, billing__enabled=False) as box:
        ada = move_in(box).ada
        completed(box, ada.actor)
        outcome.request_cancel(box, submit(box, ada.actor).id)

        (row,) = report(box, ada)

        assert (row.cost, row.jobs) == (usd("0.1"), 2)


def test_the_parts_of_a_job_that_failed_were_used(box, ada):
    job = submit(box, ada.actor)
    with box.db.transaction() as tx:
        ledger.capture(tx, box, job.id, usd("0.04"), key="first stage")
    outcome.cancelled(box, claim(box))

    assert report(box, ada)[0].cost == usd("0.04")
