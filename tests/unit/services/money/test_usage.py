from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from appliance.core.errors import QuotaExceeded
from appliance.core.jobs import Actor
from appliance.core.money import usd
from appliance.services.access import apps, door, keys
from appliance.services.access.apps import AppWish
from appliance.services.access.wishes import KeyWish
from appliance.services.jobs import outcome
from appliance.services.money.usage import check_quota, month_start, quotas
from appliance.services.pots import pots
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


def test_a_quota_goes_on_after_a_rotation(box, ada):
    old = keys.create_key(box, ada.account, KeyWish("shop", quota={"calls": 2}))
    submit(box, door.actor_of(box, old.secret))
    for _ in range(2):
        old = keys.rotate_key(box, ada.account, old.id, overlap=timedelta(hours=1))
    actor = door.actor_of(box, old.secret)
    check(box, actor)
    submit(box, actor)

    with pytest.raises(QuotaExceeded, match="2 calls"):
        check(box, actor)


def test_an_apps_keys_share_its_quota(box, ada):
    app = apps.create_app(box, ada.account, AppWish("shop", quota={"usd": "0.25"}))
    made = [keys.create_key(box, ada.account, KeyWish(n, app=app.id)) for n in ("one", "two")]
    one, two = (door.actor_of(box, key.secret) for key in made)
    submit(box, one)
    submit(box, two)

    with pytest.raises(QuotaExceeded, match=r"app has used 0\.2 of its 0\.25 USD"):
        check(box, one)
    check(box, ada.actor)


def test_what_was_used_of_a_quota_is_told_with_its_end(box, ada):
    actor = replace(ada.actor, quota={"calls": 1})
    submit(box, actor)

    (use,) = quotas(box, actor)
    with pytest.raises(QuotaExceeded) as caught:
        check(box, actor)

    assert (use.word, use.calls, use.spent) == ("key", 1, usd("0.1"))
    assert use.resets_at == datetime(2026, 4, 1, tzinfo=UTC)
    assert caught.value.details["resets_at"] == "2026-04-01T00:00:00.000Z"
    assert caught.value.retry_after_s == (use.resets_at - box.clock.now()).total_seconds() + 0.25
    assert quotas(box, ada.actor) == []


def test_a_months_use_is_summed_from_an_index_alone(box, ada):
    (pot,) = pots(replace(ada.actor, quota={"calls": 1}))
    plan = box.db.rows(
        f"EXPLAIN QUERY PLAN SELECT count(*), sum(price) FROM job WHERE api_key IN ({pot.keys})"
        " AND created_at >= 0 AND state NOT IN ('failed', 'cancelled')",
        (pot.id,),
    )

    assert "COVERING INDEX job_by_key" in str(plan)
