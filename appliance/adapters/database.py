"""appliance.db: one SQLite file, WAL, written in short immediate transactions.

Peewee keeps one connection a thread. A process-wide lock stands before SQLite's own: its busy
handler sleeps in steps, and without the lock the slowest of eight writers waited a second.

A transaction with a name reaches its fail points by itself: `<name>.committing` is the last moment
inside, `<name>.committed` the first after it.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from peewee import OperationalError as PeeweeOperationalError
from peewee import SqliteDatabase
from playhouse.migrations import Runner

from appliance.adapters.failpoints import Point, reach
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


@dataclass
class _Whole:
    """Transactions of one thread that are to be one. `late`: ends, and so commits, the real one."""

    begun: Callable[[Transaction], object]
    late: ExitStack
    names: list[str] = field(default_factory=list)
    tx: Transaction | None = None
    inside: bool = False


class _OfThread(threading.local):
    whole: _Whole | None = None


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
        self._mine = _OfThread()

    def migrate(self) -> list[str]:
        """Apply what is new under adapters/migrations; the names applied.

        Web, worker and command line may start at the same moment: one migrates, the others wait.
        """
        with self.path.with_suffix(".migrating").open("w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            return [str(each) for each in Runner(self.peewee, str(_MIGRATIONS)).up() or ()]

    @contextmanager
    def transaction(self, name: str = "") -> Iterator[Transaction]:
        """One immediate write transaction; `name`: of its fail points. Raises Busy if the lock is
        not to be had in time, StorageFull.
        """
        whole = self._mine.whole
        kept = self._alone([name]) if whole is None else self._part(whole, name)
        with kept as tx:
            yield tx

    @contextmanager
    def as_one(self, begun: Callable[[Transaction], object]) -> Iterator[None]:
        """Let the transactions that this thread opens within the block be one: it begins with the
        first of them, which `begun` is told of, and is committed at the block's end.

        What fails inside one of them and is caught is undone alone; what leaves the block undoes
        all. From the first on, other writers wait: nothing slow may come after it.
        """
        with ExitStack() as late:
            self._mine.whole = _Whole(begun, late)
            try:
                yield
            finally:
                self._mine.whole = None

    @contextmanager
    def _part(self, whole: _Whole, name: str) -> Iterator[Transaction]:
        if whole.inside:
            raise _busy()  # as one inside another always is: there is one writer
        if whole.tx is None:
            whole.tx = whole.late.enter_context(self._alone(whole.names))
            whole.begun(whole.tx)
        whole.inside, wanted = True, len(whole.tx.then)
        try:
            with self.peewee.atomic():
                yield whole.tx
            whole.names.append(name)
        except BaseException:
            del whole.tx.then[wanted:]
            raise
        finally:
            whole.inside = False

    @contextmanager
    def _alone(self, names: Sequence[str]) -> Iterator[Transaction]:
        if not self._writing.acquire(timeout=_BUSY_MS / 1000):
            raise _busy()
        try:
            with self.peewee.atomic("IMMEDIATE"):
                tx = Transaction(self.peewee)
                yield tx
                _reach(names, "committing")
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
        _reach(names, "committed")
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


def _reach(names: Sequence[str], moment: str) -> None:
    for name in filter(None, names):
        reach(Point(f"{name}.{moment}"))


def _busy() -> Busy:
    return Busy("The appliance is busy writing; try again in a second.", retry_after_s=1)
