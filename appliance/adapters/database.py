"""appliance.db: one SQLite file, WAL, written in short immediate transactions.

Peewee keeps one connection a thread. A process-wide lock stands before SQLite's own: its busy
handler sleeps in steps, and without the lock the slowest of eight writers waited a second.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from peewee import OperationalError as PeeweeOperationalError
from peewee import SqliteDatabase
from playhouse.migrations import Runner

from appliance.core.errors import Busy, StorageFull

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MS = 5000

Row = tuple[Any, ...]
Values = Sequence[Any] | Mapping[str, Any]


class Transaction:
    """An open write transaction: the right to write. Parts take it and never open one."""

    def __init__(self, db: SqliteDatabase) -> None:
        self._db = db
        self.then: list[Callable[[], object]] = []

    def afterwards(self, do: Callable[[], object]) -> None:
        """Have something done once this is committed, and never if it is not."""
        self.then.append(do)

    def run(self, sql: str, values: Values = ()) -> int:
        """Execute one statement; the number of rows it changed."""
        return int(_execute(self._db, sql, values).rowcount)

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """Every row the statement gives (also of an UPDATE … RETURNING)."""
        return list(_execute(self._db, sql, values).fetchall())

    def row(self, sql: str, values: Values = ()) -> Row | None:
        """The first row, or None."""
        found: Row | None = _execute(self._db, sql, values).fetchone()
        return found


class Database:
    """The rows of one box. `transaction` to write, `rows` and `row` to read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.peewee = SqliteDatabase(
            str(path),
            pragmas={
                "journal_mode": "wal",
                "busy_timeout": _BUSY_MS,
                # A 202 must survive a power cut, and FULL costs a tenth at this load.
                "synchronous": 2,
                "foreign_keys": 1,
                "cache_size": -2000,
            },
        )
        self._writing = threading.Lock()

    def migrate(self) -> list[str]:
        """Apply what is new under adapters/migrations; the names applied.

        Web, worker and command line may start at the same moment: one migrates, the others wait.
        """
        with self.path.with_suffix(".migrating").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            return [str(each) for each in Runner(self.peewee, str(_MIGRATIONS)).up() or ()]

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One immediate write transaction. Raises Busy if the lock is not to be had in time,
        StorageFull.
        """
        if not self._writing.acquire(timeout=_BUSY_MS / 1000):
            raise _busy()
        try:
            with self.peewee.atomic("IMMEDIATE"):
                tx = Transaction(self.peewee)
                yield tx
        except (OperationalError, PeeweeOperationalError) as error:
            if "locked" in str(error) or "busy" in str(error):
                raise _busy() from error
            if "full" in str(error):
                raise StorageFull(
                    "The appliance's disk is full; its admin must make room."
                ) from error
            raise
        finally:
            self._writing.release()
        for do in tx.then:
            do()

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """Every row of a query, outside any transaction."""
        return list(_execute(self.peewee, sql, values).fetchall())

    def row(self, sql: str, values: Values = ()) -> Row | None:
        """The first row of a query, or None."""
        found: Row | None = _execute(self.peewee, sql, values).fetchone()
        return found

    def close(self) -> None:
        """Close this thread's connection."""
        self.peewee.close()


def _execute(db: SqliteDatabase, sql: str, values: Values) -> Any:
    # The thread's own sqlite3 connection: Peewee's execute_sql wraps each call in as much Python as
    # the query itself takes.
    return db.connection().execute(sql, values)  # type: ignore[no-untyped-call]  # no types


def _busy() -> Busy:
    return Busy("The appliance is busy writing; try again in a second.", retry_after_s=1)
