"""The end of a job whose files are made, when its row will not have them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from appliance.adapters.database import Database, Transaction
from appliance.core.errors import ApplianceError, Busy, StorageFull
from appliance.core.files import Made
from appliance.core.jobs import Claimed, State
from appliance.services.box import Box
from appliance.services.jobs import outcome, reading
from appliance.services.money import audit, ledger
from appliance.worker.child import Done
from appliance.worker.settling import Settler
from tests.support.box import claim, made_file, submit
from tests.support.personas import Persona


def made(box: Box, settler: Settler, job: Claimed) -> Made:
    """A file where the job's children make them."""
    file = made_file(box, job)
    folder = settler.folder(job)
    folder.parent.mkdir(parents=True)
    file.path.parent.rename(folder)
    file.path.parent.parent.rmdir()
    return replace(file, path=folder / file.path.name)


def test_a_job_that_was_cancelled_at_the_last_moment_publishes_nothing(
    box: Box, ada: Persona
) -> None:
    submit(box, ada.actor)
    job, settler = claim(box), Settler(box)
    file = made(box, settler, job)
    outcome.request_cancel(box, job.id)

    settler.end(job, lambda: (Done((file,), {}, ()), 1.0))

    assert reading.job_by_id(box, job.id).state is State.CANCELLED
    assert [*box.home.outputs.iterdir()] == [*(box.home.tmp / "jobs" / "0").iterdir()] == []
    assert audit.faults(box.db) == []


def test_a_job_whose_end_cannot_be_written_publishes_nothing(box: Box, ada: Persona) -> None:
    submit(box, ada.actor)
    job, settler = claim(box), Settler(box)
    file = made(box, settler, job)
    unwritable = {"size": object()}  # no JSON: a bug of ours

    settler.end(job, lambda: (Done((file,), unwritable, ()), 1.0))

    assert reading.job_by_id(box, job.id).state is State.FAILED
    assert [*box.home.outputs.iterdir()] == [*(box.home.tmp / "jobs" / "0").iterdir()] == []
    assert audit.faults(box.db) == []


def write_to_a_full_disk() -> tuple[Done, float]:
    """Linux's own full disk: every write to it fails as on a real one."""
    with open("/dev/full", "wb", buffering=0) as full:  # noqa: PTH123  a device
        full.write(b"picture")
    raise AssertionError("it was written")


def test_a_job_that_finds_the_disk_full_says_so_costs_nothing_and_keeps_nothing(
    box: Box, ada: Persona
) -> None:
    before = ledger.free_balance(box.db, ada.account, ada.actor.environment)
    submit(box, ada.actor)
    job, settler = claim(box), Settler(box)
    made(box, settler, job)

    settler.end(job, write_to_a_full_disk)

    failed = reading.job_by_id(box, job.id)
    assert failed.error is not None
    assert (failed.state, failed.error.code) == (State.FAILED, "storage_full")
    assert failed.error.retryable
    assert [*box.home.outputs.iterdir()] == [*(box.home.tmp / "jobs" / "0").iterdir()] == []
    assert ledger.free_balance(box.db, ada.account, ada.actor.environment) == before
    assert audit.faults(box.db) == []


def test_another_fault_of_the_system_is_a_bug_of_ours_and_not_a_full_disk(
    box: Box, ada: Persona
) -> None:
    submit(box, ada.actor)
    job = claim(box)

    def missing() -> tuple[Done, float]:
        raise FileNotFoundError("/data/tmp/picture.png")

    Settler(box).end(job, missing)

    error = reading.job_by_id(box, job.id).error
    assert error is not None
    assert error.code == "internal_error"
    assert "picture.png" not in error.message


@pytest.mark.parametrize("error", [Busy("locked"), StorageFull("full")])
def test_what_cannot_be_written_now_is_written_when_it_can(
    box: Box, ada: Persona, monkeypatch: pytest.MonkeyPatch, error: ApplianceError
) -> None:
    submit(box, ada.actor)
    job, settler = claim(box), Settler(box)
    file = made(box, settler, job)
    refusals = [error] * 3
    begin = Database.transaction

    @contextmanager
    def refusing(db: Database, name: str = "") -> Iterator[Transaction]:
        if refusals:
            raise refusals.pop()
        with begin(db, name) as tx:
            yield tx

    monkeypatch.setattr(Database, "transaction", refusing)
    settler.end(job, lambda: (Done((file,), {}, ()), 1.0))

    done = reading.job_by_id(box, job.id)
    assert done.state is State.COMPLETED
    assert (box.home.outputs / done.outputs[0].path).is_file()
    assert audit.faults(box.db) == []
