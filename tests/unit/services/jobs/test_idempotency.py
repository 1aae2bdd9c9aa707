from __future__ import annotations

import pytest

from appliance.core.errors import IdempotencyMismatch
from appliance.services.jobs import idempotency
from appliance.services.jobs.admission import admit
from tests.support.box import alive, ask, submit


def test_a_key_that_nobody_used_stands_for_nothing(box, ada):
    submit(box, ada.actor)

    for key in (None, ("key", b"1")):
        assert idempotency.job_of(box.db, box, ask(ada.actor, idempotency=key)) is None


def test_a_key_used_for_another_request_is_told(box, ada):
    admit(box, ask(ada.actor, idempotency=("key", b"1")))

    with pytest.raises(IdempotencyMismatch):
        admit(box, ask(ada.actor, idempotency=("key", b"2")))

    assert box.db.row("SELECT count(*) FROM job") == (1,)


def test_a_key_stands_for_its_job_for_a_day_and_then_for_another(box, ada, clock):
    first = admit(box, ask(ada.actor, idempotency=("key", b"1")))
    clock.step(hours=24, microseconds=-1)
    alive(box)
    assert admit(box, ask(ada.actor, idempotency=("key", b"1"))).job.id == first.job.id
    clock.step(microseconds=1)
    alive(box)

    other = admit(box, ask(ada.actor, idempotency=("key", b"2")))

    assert not other.replayed
    assert other.job.id != first.job.id
    assert admit(box, ask(ada.actor, idempotency=("key", b"2"))).job.id == other.job.id
    assert box.db.row("SELECT count(*) FROM idempotency") == (1,)


def test_accounts_do_not_share_idempotency_keys(box, ada, cyd):
    first = admit(box, ask(ada.actor, idempotency=("key", b"1")))
    other = admit(box, ask(cyd.actor, idempotency=("key", b"2")))

    assert not other.replayed
    assert other.job.id != first.job.id
