"""Several processes at one database: each does random things with the same accounts, jobs and
keys, and writes down what it was told. Together they must have been told one story.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.errors import (
    Busy,
    Conflict,
    InsufficientCredits,
    InvalidInput,
    ProcessingFailed,
)
from appliance.core.ids import JobId
from appliance.core.jobs import Actor, Environment, Lane
from appliance.core.money import Money
from appliance.services.box import Box
from appliance.services.jobs import claiming, outcome
from appliance.services.jobs.admission import admit
from appliance.services.money import audit, ledger, payments
from appliance.services.money.payments import Booked, Kind, Order, RefundOrder
from tests.support.box import Card, alive, ask, let_go, make_box
from tests.support.personas import Cast, move_in

PRICE = 400_000
PAY = {Kind.GRANT: payments.grant, Kind.TOP_UP: payments.top_up, Kind.ADJUSTMENT: payments.adjust}
LIVE = Environment.LIVE


@dataclass
class Told:
    """What a process was told. Payments by id, (account, micros); held jobs, (account, micros);
    captured micros by job and part.
    """

    paid: dict[str, tuple[str, int]] = field(default_factory=dict)
    held: dict[str, tuple[str, int]] = field(default_factory=dict)
    captured: list[tuple[str, str, int]] = field(default_factory=list)
    ended: dict[str, bool] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)


def race(folder: Path, *, processes: int, actions: int) -> None:
    """Let them race, and compare."""
    box = _open(folder)
    try:
        cast = move_in(box)
        alive(box)
        given = [(folder, cast, seed, actions) for seed in range(processes)]
        with get_context("spawn").Pool(processes) as pool:
            stories = pool.starmap(act, given)
        _check(box, cast, stories)
    finally:
        let_go(box)


def _open(folder: Path) -> Box:
    settings = {"prices__test.card": "0.4/picture", "jobs__worker_stale_s": 600.0}
    return make_box(folder, clock=SYSTEM_CLOCK, **settings)


def act(folder: Path, cast: Cast, seed: int, actions: int) -> Told:
    """One process's doings; the same for the same seed, but for what the others do."""
    box, dice, told = _open(folder), random.Random(seed), Told()
    who = [cast.ada.actor, cast.cyd.actor]
    doings: list[Callable[..., None]] = [_pay, _submit, _submit, _work, _work, _cancel, _refund]
    try:
        for _ in range(actions):
            _patiently(dice.choice(doings), box, dice, told, dice.choice(who))
    finally:
        let_go(box)
    return told


def _patiently(doing: Callable[..., None], *given: object) -> None:
    while True:
        try:
            doing(*given)
        except Busy:
            continue
        return


def _pay(box: Box, dice: random.Random, told: Told, actor: Actor) -> None:
    kind = dice.choice(sorted(PAY))
    slot = dice.randrange(8)  # what is ordered under a key is the same in every process
    amount = {Kind.GRANT: 70_000, Kind.TOP_UP: 10_000_000, Kind.ADJUSTMENT: -3_000_000}[kind] + slot
    key = f"{kind}:{actor.account}:{slot}" if slot else None
    order = Order(actor.account, LIVE, Money(amount), "because", key)
    with suppress(InvalidInput):  # an adjustment that would go below nothing
        _book(told, actor, key, PAY[kind](box, order))


def _refund(box: Box, dice: random.Random, told: Told, actor: Actor) -> None:
    job = _some_job(box, dice, actor, "state = 'completed'")
    if job is None:
        return
    amount = dice.choice([None, Money(50_000), Money(150_000)])
    key = f"refund:{job}:{amount}" if dice.random() < 0.5 else None
    order = RefundOrder(actor.account, job, amount, "spoilt", key)
    with suppress(Conflict, InvalidInput):  # nothing, or less, is left
        _book(told, actor, key, payments.refund(box, order))


def _book(told: Told, actor: Actor, key: str | None, booked: Booked) -> None:
    payment = booked.payment
    told.paid[payment.id] = (actor.account, payment.amount.micros)
    if key:
        assert told.by_key.setdefault(key, payment.id) == payment.id


def _submit(box: Box, dice: random.Random, told: Told, actor: Actor) -> None:
    count = dice.randint(1, 4)
    key = f"job {count} {dice.randrange(10)}" if dice.random() < 0.5 else None
    asked = ask(
        actor, params=Card("Hello", count=count), idempotency=(key, b"same") if key else None
    )
    with suppress(InsufficientCredits):
        job = admit(box, asked).job
        told.held[job.id] = (actor.account, count * PRICE)
        if key:
            key = f"{actor.account} {key}"
            assert told.by_key.setdefault(key, job.id) == job.id


def _work(box: Box, dice: random.Random, told: Told, _actor: Actor) -> None:
    claimed = claiming.claim_next(box, Lane.LIGHT, f"boot {dice.random()}")
    if claimed is None:
        return
    for part in dice.choices("ab", k=dice.randrange(4)):  # a part may come twice
        _patiently(_capture, box, told, claimed.id, part)
    well = dice.random() < 0.6
    end = _finish if well else _fail
    _patiently(end, box, claimed)
    told.ended[claimed.id] = well


def _capture(box: Box, told: Told, job: JobId, part: str) -> None:
    with box.db.transaction() as tx:
        taken = ledger.capture(tx, box, job, Money(PRICE // 4), key=part)
    if taken:
        told.captured.append((job, part, PRICE // 4))


def _finish(box: Box, claimed: claiming.Claimed) -> None:
    assert outcome.finish(box, claimed, outcome.Result([], {}, (), 1.0))


def _fail(box: Box, claimed: claiming.Claimed) -> None:
    outcome.fail(box, claimed, ProcessingFailed("It did not work."))


def _cancel(box: Box, dice: random.Random, told: Told, actor: Actor) -> None:
    job = _some_job(box, dice, actor, "state = 'pending'")
    if job is None or dice.random() < 0.5:
        return
    try:
        if not outcome.request_cancel(box, job):
            told.ended[job] = False
    except Conflict:
        pass  # another process ended it meanwhile


def _some_job(box: Box, dice: random.Random, actor: Actor, where: str) -> JobId | None:
    rows = box.db.rows(f"SELECT id FROM job WHERE account = ? AND {where}", (actor.account,))
    return JobId(dice.choice(rows)[0]) if rows else None


def _check(box: Box, cast: Cast, stories: list[Told]) -> None:
    assert audit.faults(box.db) == []
    whole = Told()
    for each in stories:
        for key, made in each.by_key.items():
            assert whole.by_key.setdefault(key, made) == made, f"{key} was done twice"
        for mine, others in ((whole.paid, each.paid), (whole.held, each.held)):
            assert all(mine.setdefault(name, what) == what for name, what in others.items())
        assert not whole.ended.keys() & each.ended.keys(), "a job ended twice"
        whole.ended |= each.ended
        whole.captured += each.captured
    assert len(whole.captured) == len({(job, part) for job, part, _ in whole.captured})
    _compare(box, cast, whole)


def _compare(box: Box, cast: Cast, whole: Told) -> None:
    """The rows against what all processes were told."""
    started = 4  # the grants of `move_in`: two accounts, two balances
    assert box.db.row("SELECT count(*) FROM payment") == (len(whole.paid) + started,)
    assert box.db.row("SELECT count(*) FROM job") == (len(whole.held),)
    for persona in (cast.ada, cast.cyd):
        account = persona.account
        free = 10_000_000 + sum(micros for who, micros in whole.paid.values() if who == account)
        held = 0
        for job, (who, price) in whole.held.items():
            if who == account:
                parts = sum(micros for name, _part, micros in whole.captured if name == job)
                taken = price if whole.ended.get(job) else parts
                free -= taken if job in whole.ended else price
                held += 0 if job in whole.ended else price - parts
        assert ledger.free_balance(box.db, account, LIVE).micros == free
        assert ledger.held_balance(box.db, account, LIVE).micros == held
    assert whole.paid, "nobody paid"
    assert len(set(whole.ended.values())) == 2, "jobs ended well and badly"
