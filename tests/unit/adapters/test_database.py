from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sqlite3 import IntegrityError

import pytest

from appliance.adapters import database
from appliance.adapters.database import Database
from appliance.core.errors import Busy


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    fresh = Database(tmp_path / "appliance.db")
    fresh.migrate()
    yield fresh
    fresh.close()


@pytest.fixture
def impatient(db: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The same, that waits a twentieth of a second for a lock instead of five."""
    monkeypatch.setattr(database, "_BUSY_MS", 50)
    db.peewee.execute_sql("PRAGMA busy_timeout = 50")
    return db


def count(db: Database) -> int:
    row = db.row("SELECT count(*) FROM lane")
    assert row is not None
    return int(row[0])


def add(db: Database, name: str) -> None:
    with db.transaction() as tx:
        tx.run("INSERT INTO lane VALUES (?, 0)", (name,))


def test_migrating_twice_applies_nothing_the_second_time(db):
    assert db.migrate() == []


def test_two_processes_may_open_a_fresh_database_at_once(tmp_path):
    barrier = threading.Barrier(4)

    def open_it(_: int) -> int:
        mine = Database(tmp_path / "fresh.db")
        barrier.wait()
        try:
            mine.migrate()
            return count(mine)
        finally:
            mine.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(open_it, range(4))) == [0] * 4


def test_rows_survive_a_power_cut_and_hang_together(db):
    pragmas = {name: db.row(f"PRAGMA {name}") for name in ("journal_mode", "synchronous")}

    assert pragmas == {"journal_mode": ("wal",), "synchronous": (2,)}
    with pytest.raises(IntegrityError), db.transaction() as tx:
        tx.run("INSERT INTO output VALUES ('no', 0, '', '', '', '', 0, '', 0, 0, 0.0, 0)")


def test_a_transaction_is_kept_whole(db):
    add(db, "heavy")

    assert db.rows("SELECT name, paused FROM lane") == [("heavy", 0)]


def test_a_transaction_that_fails_leaves_nothing(db):
    def fail() -> None:
        with db.transaction() as tx:
            tx.run("INSERT INTO lane VALUES ('heavy', 0)")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert count(db) == 0


def test_a_statement_tells_how_many_rows_it_changed_or_gives_them(db):
    add(db, "heavy")
    add(db, "light")
    with db.transaction() as tx:
        assert tx.run("UPDATE lane SET paused = 1") == 2
        assert tx.row("UPDATE lane SET paused = 0 WHERE name = 'heavy' RETURNING name") == (
            "heavy",
        )
        assert tx.row("SELECT 1 FROM lane WHERE name = 'chores'") is None
        assert len(tx.rows("SELECT name FROM lane")) == 2


def test_a_reader_is_not_held_up_by_a_writer(db):
    with ThreadPoolExecutor(1) as other, db.transaction() as tx:
        tx.run("INSERT INTO lane VALUES ('heavy', 0)")

        assert other.submit(lambda: (count(db), db.close())[0]).result(timeout=2) == 0
    assert count(db) == 1


def test_eight_writers_all_get_their_turn(db):
    def write(writer: int) -> None:
        for n in range(10):
            add(db, f"{writer}-{n}")
        db.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))

    assert count(db) == 80


def test_two_processes_writing_at_once_lose_nothing(db):
    def write(writer: int) -> None:
        mine = Database(db.path)  # a lock and connections of its own, as another process has
        for n in range(20):
            add(mine, f"{writer}-{n}")
        mine.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))

    assert count(db) == 40


def test_a_lock_held_by_another_process_is_told_as_busy(impatient):
    other = sqlite3.connect(impatient.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Busy) as caught:
        add(impatient, "heavy")

    assert caught.value.retry_after_s == 1
    other.execute("ROLLBACK")
    other.close()
    add(impatient, "heavy")
    assert count(impatient) == 1


def test_a_lock_held_by_another_thread_is_told_as_busy(impatient):
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with impatient.transaction():
            entered.set()
            leave.wait(5)
        impatient.close()

    with ThreadPoolExecutor(1) as other:
        held = other.submit(hold)
        entered.wait(5)
        with pytest.raises(Busy):
            add(impatient, "heavy")
        leave.set()
        held.result(5)


def test_a_transaction_inside_another_is_refused_and_the_outer_one_is_undone(impatient):
    def nest() -> None:
        with impatient.transaction() as tx:
            tx.run("INSERT INTO lane VALUES ('outer', 0)")
            add(impatient, "inner")

    started = time.monotonic()
    with pytest.raises(Busy):
        nest()

    assert time.monotonic() - started < 2
    assert count(impatient) == 0
    add(impatient, "after")
    assert count(impatient) == 1


def test_an_error_of_sql_is_a_bug_and_is_not_told_as_busy(db):
    with pytest.raises(Exception, match="no such table"), db.transaction() as tx:
        tx.run("INSERT INTO nowhere VALUES (1)")


def test_what_is_wanted_afterwards_is_done_once_it_is_committed(db):
    seen: list[int] = []
    with db.transaction() as tx:
        tx.run("INSERT INTO lane VALUES ('heavy', 0)")
        tx.afterwards(lambda: seen.append(count(db)))
        tx.afterwards(lambda: add(db, "light"))  # the lock is free by then
        assert seen == []

    assert seen == [1]
    assert count(db) == 2


def test_what_is_wanted_afterwards_is_not_done_if_nothing_is_committed(db):
    def fall_over() -> None:
        with db.transaction() as tx:
            tx.afterwards(lambda: add(db, "heavy"))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        fall_over()

    assert count(db) == 0
