from __future__ import annotations

import pytest

from appliance.core.errors import IdempotencyMismatch, NotFound
from appliance.services import replies
from appliance.services.files import retention
from appliance.services.jobs.admission import admit
from appliance.services.replies import Asked, Kept, Replayed
from tests.support.box import ask, submit

REPLY = Kept(201, (("Content-Type", "application/json"),), b'{"secret": "whsec_1"}')


@pytest.fixture
def asked(ada) -> Asked:
    return Asked(ada.account, "key", b"this request", ada.secret)


def carry_out(box, asked, name: str = "one", reply: Kept = REPLY) -> None:
    with replies.once(box, asked):
        with box.db.transaction() as tx:
            tx.run("INSERT INTO lane VALUES (?, 0)", (name,))
        replies.keep(box, asked, reply)


def effects(box) -> list[str]:
    return [row[0] for row in box.db.rows("SELECT name FROM lane")]


def test_a_request_is_carried_out_once_and_answered_alike(box, asked):
    carry_out(box, asked)

    with pytest.raises(Replayed) as again:
        carry_out(box, asked, "two")

    assert again.value.kept == REPLY
    assert effects(box) == ["one"]


def test_another_request_under_the_key_is_refused(box, asked, ada):
    carry_out(box, asked)

    with pytest.raises(IdempotencyMismatch):
        carry_out(box, Asked(ada.account, "key", b"another", ada.secret), "two")

    assert effects(box) == ["one"]


def test_a_twin_that_was_faster_is_met_at_the_first_write(box, asked):
    def overtaken() -> None:
        with replies.once(box, asked):
            # Between the first look and the first write, as another thread would.
            box.db._mine.whole, mine = None, box.db._mine.whole
            carry_out(box, asked)
            box.db._mine.whole = mine
            with box.db.transaction() as tx:
                tx.run("INSERT INTO lane VALUES ('two', 0)")

    with pytest.raises(Replayed):
        overtaken()

    assert effects(box) == ["one"]


def test_nothing_is_kept_of_a_request_that_is_refused_or_breaks(box, asked):
    def refused() -> None:
        with replies.once(box, asked):
            with box.db.transaction() as tx:
                tx.run("INSERT INTO lane VALUES ('two', 0)")
            raise NotFound("There is none.")

    with pytest.raises(NotFound):
        refused()

    assert effects(box) == []
    carry_out(box, asked)


def test_a_key_holds_within_its_account(box, asked, cyd):
    carry_out(box, asked)

    carry_out(box, Asked(cyd.account, "key", b"this request", cyd.secret), "two")

    assert effects(box) == ["one", "two"]


def test_a_key_stands_for_its_reply_for_a_day_and_then_for_another(box, asked, clock):
    carry_out(box, asked)
    clock.step(hours=24, microseconds=-1)
    with pytest.raises(Replayed):
        carry_out(box, asked)
    assert retention.remove_old_rows(box) == 0
    clock.step(microseconds=1)

    carry_out(box, asked, "two")

    assert effects(box) == ["one", "two"]
    assert box.db.row("SELECT count(*) FROM reply") == (1,)
    clock.step(hours=24)
    assert retention.remove_old_rows(box) == 1


def test_the_rows_hold_no_secret_of_a_reply(box, asked):
    carry_out(box, asked)

    (sealed,) = box.db.row("SELECT sealed FROM reply")
    assert b"whsec" not in sealed


def test_what_cannot_be_read_any_more_counts_as_expired(box, asked):
    carry_out(box, asked)
    with box.db.transaction() as tx:
        tx.run("UPDATE reply SET sealed = substr(sealed, 1, 20)")

    carry_out(box, asked, "two")

    assert effects(box) == ["one", "two"]


def test_a_key_of_a_job_is_no_key_of_a_reply_nor_the_other_way_round(box, asked, ada):
    submit(box, ada.actor, idempotency=("job's", b"this request"))
    with pytest.raises(IdempotencyMismatch):
        carry_out(box, Asked(ada.account, "job's", b"this request", ada.secret))

    carry_out(box, asked)
    with pytest.raises(IdempotencyMismatch):
        admit(box, ask(ada.actor, idempotency=("key", b"this request")))
