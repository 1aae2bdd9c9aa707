from __future__ import annotations

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.jobs import Lane
from appliance.core.money import usd
from appliance.services.jobs.estimating import estimate
from tests.support.box import Card, Paint, ask, completed, put_model
from tests.unit.services.jobs.queued import put


def paint(ada, **changes):
    return ask(ada.actor, "test.paint", params=Paint("a kettle"), **changes)


def test_an_estimate_tells_price_pace_and_place_and_leaves_nothing(box, ada):
    completed(box, ada.actor)
    put(box, ada.account, 3)
    told = estimate(box, ask(ada.actor, params=Card("Hi", count=2)))

    assert (told.price, told.credits) == (usd("0.2"), 20)
    assert (told.seconds, told.queue_position) == (1.5, 3)
    assert (told.resolved, told.installed, told.blocked) == (None, True, None)
    assert box.db.row("SELECT count(*) FROM job") == (4,)
    assert box.db.row("SELECT count(*) FROM hold WHERE state = 'open'") == (0,)


def test_what_was_never_done_here_has_no_pace(box, ada):
    assert estimate(box, ask(ada.actor)).seconds is None


def test_the_model_that_would_run_is_told_with_its_own_queue(box, ada):
    put_model(box, "oil")
    put(box, ada.account, 2, lane=Lane.HEAVY)
    told = estimate(box, paint(ada, model="default"))

    assert (told.resolved, told.installed, told.queue_position) == ("oil", True, 2)
    assert told.fits is True


def test_without_weights_the_estimate_says_so_instead_of_failing(box, ada):
    told = estimate(box, paint(ada))

    assert (told.resolved, told.installed, told.fits) == (None, False, None)
    assert told.price == usd("0.5")


def test_an_unknown_model_is_refused(box, ada):
    with pytest.raises(InvalidInput):
        estimate(box, paint(ada, model="dalle"))


def test_the_content_rules_verdict_is_told_not_raised(box, ada):
    assert estimate(box, ask(ada.actor, params=Card("naked child"))).blocked == "minors"


def test_an_estimate_needs_neither_worker_nor_credits(box, ada, clock):
    clock.step(days=1)

    assert estimate(box, ask(ada.actor, params=Card("Hi", count=4))).price == usd("0.4")
