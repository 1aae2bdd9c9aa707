"""Job rows put straight into the table, where thousands or odd ones are wanted."""

from __future__ import annotations

from appliance.core.clock import micros
from appliance.core.ids import AccountId, JobId, new_ulid
from appliance.core.jobs import Lane
from appliance.services.box import Box

_INSERT = """
INSERT INTO job(id, number, account, environment, family, type, operation, params, models, lane,
  priority, state, paused, price, request_id, created_at)
VALUES (?, ?, ?, 'live', 'jobs', 'card', ?, '{"text": "Hi", "count": 1, "seed": 1}', ?, ?,
  ?, 'pending', ?, 0, 'req', ?)
"""


def put(
    box: Box,
    account: AccountId,
    count: int = 1,
    *,
    operation: str = "test.card",
    lane: Lane = Lane.LIGHT,
    priority: int = 0,
    models: str = "{}",
    paused: bool = False,
) -> list[JobId]:
    """So many pending jobs without a hold; their ids, which sort as they were made."""
    ids = sorted(new_ulid() for _ in range(count))
    with box.db.transaction() as tx:
        row = tx.row(
            "UPDATE account SET jobs = jobs + ? WHERE id = ? RETURNING jobs", (count, account)
        )
        assert row is not None
        first, now = row[0] - count, micros(box.clock.now())
        for number, job in enumerate(ids, first + 1):
            about = (operation, models, lane, priority, int(paused), now)
            tx.run(_INSERT, (job, number, account, *about))
    return [JobId(job) for job in ids]
