from __future__ import annotations

import pytest

from appliance.core.jobs import Lane
from appliance.services.jobs import claiming, kin, outcome
from appliance.services.jobs.outcome import Result
from tests.support.box import BOOT, claim
from tests.unit.services.jobs.queued import put


@pytest.fixture
def waiting(box, ada):
    """A parent that waits for two children: its id, theirs."""
    (parent,), children = put(box, ada.account), put(box, ada.account, 2)
    with box.db.transaction() as tx:
        tx.run("UPDATE job SET waits = 2, items = 3 WHERE id = ?", (parent,))
        for child in children:
            tx.run("UPDATE job SET parent = ? WHERE id = ?", (parent, child))
    return parent, children


def waits(box, parent):
    return box.db.row("SELECT waits FROM job WHERE id = ?", (parent,))[0]


def end(box):
    job = claim(box)
    outcome.finish(box, job, Result((), {}, (), 1.0))
    return job.id


def test_a_parent_is_not_claimed_while_it_waits_and_then_it_is(box, waiting):
    parent, children = waiting

    assert {end(box), end(box)} == set(children)
    assert waits(box, parent) == 0
    assert claim(box).id == parent


def test_nobody_is_nudged_for_a_parent_that_waits(box, waiting):
    for _child in waiting[1]:
        claim(box)

    assert not claiming.any_waiting(box.db, Lane.LIGHT)
    assert claiming.claim_next(box, Lane.LIGHT, BOOT) is None


def test_the_last_child_nudges_for_its_parent(box, waiting, monkeypatch):
    nudged: list[str] = []
    monkeypatch.setattr(type(box.lanes), "nudge", lambda _lanes, lane: nudged.append(lane))

    end(box)
    assert nudged == []
    end(box)
    assert nudged == [Lane.LIGHT]


def test_a_child_that_fails_is_waited_for_no_longer(box, waiting):
    job = claim(box)

    outcome.fail(box, job, outcome.Conflict("Torn."))

    assert waits(box, waiting[0]) == 1


def test_a_child_that_comes_back_to_the_queue_is_still_waited_for(box, waiting):
    claiming.give_back(box, claim(box))

    assert waits(box, waiting[0]) == 2


def test_a_cancelled_parent_takes_its_children_along(box, waiting):
    parent, children = waiting
    running = claim(box)

    assert outcome.request_cancel(box, parent) is False

    states = box.db.rows("SELECT id, state, cancel_requested FROM job WHERE parent NOT NULL")
    (other,) = set(children) - {running.id}
    assert set(states) == {(running.id, "processing", 1), (other, "cancelled", 0)}
    outcome.cancelled(box, running)
    assert waits(box, parent) == 0


def test_a_tally_counts_every_file_and_knows_when_the_first_began(box, clock, waiting):
    parent, _children = waiting
    assert kin.tally(box.db, parent, 3).begun is None

    began = clock.now()
    end(box)

    found = kin.tally(box.db, parent, 3)
    assert (found.pending, found.completed, found.refused, found.ended) == (1, 1, 1, 2)
    assert found.begun is not None
    assert found.begun >= began


def test_what_was_asked_for_alone_goes_before_the_many_of_a_batch(box, ada, waiting):
    (alone,) = put(box, ada.account)

    assert claim(box).id == alone
