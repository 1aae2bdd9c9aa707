"""Of the database, what is about names of transactions, and about several that are one."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from appliance.adapters import database
from appliance.adapters.failpoints import Point
from appliance.core.errors import Busy
from tests.unit.adapters.test_database import add, count, db, impatient

__all__ = ["db", "impatient"]  # fixtures


@pytest.fixture
def deaths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where somebody would have died, and how many lanes were to be seen from outside then."""
    seen: list[str] = []
    outside = sqlite3.connect(tmp_path / "appliance.db", check_same_thread=False)

    def see(point: Point) -> None:
        (kept,) = outside.execute("SELECT count(*) FROM lane").fetchone()
        seen.append(f"{point} {kept}")

    monkeypatch.setattr(database, "reach", see)
    return seen


def test_a_named_transaction_reaches_its_points_round_the_commit(db, deaths):
    with db.transaction("claim") as tx:
        tx.run("INSERT INTO lane VALUES ('heavy', 0)")
        assert deaths == []

    assert deaths == [f"{Point.CLAIM_COMMITTING} 0", f"{Point.CLAIM_COMMITTED} 1"]


def test_a_transaction_that_fails_reaches_no_point(db, deaths):
    with pytest.raises(KeyError), db.transaction("claim"):
        raise KeyError

    assert deaths == []


def test_a_name_without_fail_points_is_a_bug(db):
    with pytest.raises(ValueError, match="lunch"), db.transaction("lunch"):
        pass


def test_transactions_as_one_are_committed_together_at_the_end(db, deaths):
    begun: list[int] = []
    with db.as_one(lambda tx: begun.append(len(tx.rows("SELECT 1 FROM lane")))):
        assert begun == []
        with db.transaction("claim") as tx:
            tx.run("INSERT INTO lane VALUES ('heavy', 0)")
        add(db, "light")
        assert count(db) == 2
        assert deaths == []

    assert begun == [0]
    assert deaths == [f"{Point.CLAIM_COMMITTING} 0", f"{Point.CLAIM_COMMITTED} 2"]


def test_what_leaves_the_block_undoes_all_transactions_in_it(db):
    def fall_over() -> None:
        with db.as_one(lambda tx: None):
            add(db, "heavy")
            add(db, "light")
            raise KeyError

    with pytest.raises(KeyError):
        fall_over()
    assert count(db) == 0
    add(db, "after")
    assert count(db) == 1


def test_what_fails_inside_one_of_them_is_undone_alone(db):
    done: list[str] = []

    def fall_over() -> None:
        with db.transaction() as tx:
            tx.run("INSERT INTO lane VALUES ('light', 0)")
            tx.afterwards(lambda: done.append("light"))
            raise KeyError

    with db.as_one(lambda tx: tx.afterwards(lambda: done.append("begun"))):
        add(db, "heavy")
        with pytest.raises(KeyError):
            fall_over()

    assert db.rows("SELECT name FROM lane") == [("heavy",)]
    assert done == ["begun"]


def test_what_is_wanted_afterwards_of_transactions_as_one_is_done_after_all(db):
    def later() -> None:
        add(db, "later")  # a transaction of its own by then

    with db.as_one(lambda tx: None):
        with db.transaction() as tx:
            tx.afterwards(later)
        add(db, "heavy")

    assert db.rows("SELECT name FROM lane ORDER BY name") == [("heavy",), ("later",)]


def test_one_inside_another_is_refused_among_those_that_are_one_too(impatient):
    def nest() -> None:
        with impatient.transaction():
            add(impatient, "inner")

    with pytest.raises(Busy), impatient.as_one(lambda tx: None):
        nest()

    assert count(impatient) == 0


def test_other_threads_are_not_of_the_one(impatient):
    def write() -> None:
        add(impatient, "theirs")
        impatient.close()

    with ThreadPoolExecutor(1) as other, impatient.as_one(lambda tx: None):
        other.submit(write).result(timeout=2)  # nothing has begun here
        add(impatient, "mine")
        with pytest.raises(Busy):
            other.submit(write).result(timeout=2)

    assert count(impatient) == 2
