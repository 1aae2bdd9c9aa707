"""Parents and children: a job that waits for jobs of its own.

The parent's row counts the children that have not ended; each takes itself off in the transaction
that ends it, so a crash neither loses one nor counts it twice. At nothing the parent is ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from appliance.adapters.database import Database, Row, Transaction
from appliance.adapters.wake import WEB, ring
from appliance.core.clock import instant
from appliance.core.ids import JobId
from appliance.core.jobs import Lane, State, Tally
from appliance.services.box import Box

_TAKE_OFF = (
    "UPDATE job SET waits = waits - 1 WHERE id = (SELECT parent FROM job WHERE id = ?)"
    " RETURNING id, waits, state, lane"
)


def ended_part(tx: Transaction, box: Box, job: JobId) -> None:
    """Let the parent of a job that ends, if it has one, wait for one less."""
    row = tx.row(_TAKE_OFF, (job,))
    if row is None:
        return
    parent, waits, state, lane = row
    if waits == 0 and state == State.PENDING:
        tx.afterwards(partial(box.lanes.nudge, Lane(lane)))
    tx.afterwards(partial(ring, box.home.run / WEB, parent))


def unfinished_part(tx: Transaction, parent: JobId) -> list[JobId]:
    """The children that have not ended."""
    rows = tx.rows(
        "SELECT id FROM job WHERE parent = ? AND state IN ('pending', 'processing')", (parent,)
    )
    return [JobId(row[0]) for row in rows]


def tally(db: Database, parent: JobId, items: int) -> Tally:
    """How the files of a batch of so many stand."""
    rows = db.rows(
        "SELECT state, count(*), min(started_at) FROM job WHERE parent = ? GROUP BY state",
        (parent,),
    )
    return _tally({row[0]: row for row in rows}, items)


def _tally(rows: Mapping[str, Row], items: int) -> Tally:
    counts = {state.value: rows[state][1] if state in rows else 0 for state in State}
    begun = [row[2] for row in rows.values() if row[2]]
    refused = items - sum(counts.values())
    return Tally(**counts, refused=refused, begun=instant(min(begun)) if begun else None)
