from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from appliance.core.errors import QuotaExceeded
from appliance.core.jobs import Actor
from appliance.core.money import usd
from appliance.services.jobs import outcome
from appliance.services.money.usage import check_quota, month_start
from tests.support.box import claim, completed, submit


def check(box, actor: Actor, price="0.10"):
    with box.db.transaction() as tx:
        check_quota(tx, box, actor, usd(price))


def test_a_month_begins_at_its_first_instant():
    assert month_start(datetime(2026, 3, 31, 23, 59, 59, 999, UTC)) == datetime(
        2026, 3, 1, tzinfo=UTC
    )


def test_a_key_without_a_quota_uses_what_it_likes(box, ada):
    check(box, ada.actor, "1000000")


def test_calls_are_counted_by_key(box, ada, ben):
    actor = replace(ada.actor, quota={"calls": 2})
    for persona in (ada, ada, ben):
        submit(box, persona.actor)

    with pytest.raises(QuotaExceeded, match="2 calls"):
        check(box, actor)
    check(box, replace(ben.actor, quota={"calls": 2}))


@pytest.mark.parametrize(("limit", "fits"), [("0.20", True), ("0.199999", False)])
def test_money_is_counted_with_the_price_that_would_come(box, ada, limit, fits):
    submit(box, ada.actor)
    actor = replace(ada.actor, quota={"usd": limit})

    if fits:
        check(box, actor)
    else:
        with pytest.raises(QuotaExceeded, match=r"0\.1 of its"):
            check(box, actor)


def test_failed_and_cancelled_jobs_do_not_count(box, ada):
    submit(box, ada.actor)
    outcome.request_cancel(box, submit(box, ada.actor).id)
    job = claim(box)
    outcome.cancelled(box, job)

    check(box, replace(ada.actor, quota={"calls": 1, "usd": "0.10"}))


def test_a_new_month_begins_at_nothing(box, ada, clock):
    completed(box, ada.actor)
    actor = replace(ada.actor, quota={"calls": 1})
    with pytest.raises(QuotaExceeded):
        check(box, actor)

    clock.step(days=18)

    check(box, actor)


def test_the_month_is_utcs_even_for_an_instant_of_another_zone():
    late = datetime(2026, 4, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))

    assert month_start(late.astimezone(UTC)) == datetime(2026, 3, 1, tzinfo=UTC)
