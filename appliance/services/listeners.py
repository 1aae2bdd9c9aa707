"""Who is told of an event: a delivery for each listener, written in the event's transaction."""

from __future__ import annotations

import json
from functools import partial

from appliance.adapters.database import Transaction
from appliance.adapters.queue import WEBHOOKS
from appliance.core.clock import micros
from appliance.core.ids import new_id
from appliance.core.webhooks import EVENTS, JOB_ENDS, STUDIOS_JOBS, new_secret, passes
from appliance.services.box import Box

_WORDED = ("jobs", "studio", "product")  # families that say what becomes of a job in own words


def tell(tx: Transaction, box: Box, event: str, kind: str) -> None:
    """Write down who is to be told of an event just recorded; the worker hears of it with the
    commit.
    """
    if kind not in EVENTS:
        return
    found = _endpoints(tx, event, kind)
    if kind in JOB_ENDS:
        found += _asked_for_by_job(tx, box, event)
    for endpoint, family, url in found:
        tx.run(
            "INSERT INTO delivery(id, endpoint, family, url, event, kind, job, data, at, due_at)"
            " SELECT ?, ?, ?, ?, id, kind, job, data, at, ? FROM event WHERE id = ?",
            (new_id("msg"), endpoint, family, url, micros(box.clock.now()), event),
        )
    if found:
        tx.afterwards(partial(box.lanes.nudge, WEBHOOKS))


def _endpoints(tx: Transaction, event: str, kind: str) -> list[tuple[str, str, str | None]]:
    """The account's endpoints that want it: id, family, no url but their own."""
    rows = tx.rows(
        "SELECT e.id, e.family, e.events, e.filter, v.environment, j.family, j.type"
        " FROM event v JOIN endpoint e ON e.account = v.account LEFT JOIN job j ON j.id = v.job"
        " WHERE v.id = ? AND e.status = 'active' AND e.url IS NOT NULL",
        (event,),
    )
    return [
        (endpoint, family, None)
        for endpoint, family, events, wanted, *facts in rows
        if kind in json.loads(events)
        and passes(json.loads(wanted), dict(zip(_FACTS, facts, strict=True)))
    ]


_FACTS = ("environment", "family", "type")


def _asked_for_by_job(tx: Transaction, box: Box, event: str) -> list[tuple[str, str, str | None]]:
    row = tx.row(
        "SELECT j.account, j.family, j.webhook FROM event v JOIN job j ON j.id = v.job"
        " WHERE v.id = ? AND j.webhook IS NOT NULL",
        (event,),
    )
    if row is None:
        return []
    account, family, url = row
    return [(own_endpoint(tx, box, account), family if family in _WORDED else "jobs", url)]


def own_endpoint(tx: Transaction, box: Box, account: str) -> str:
    """The id of the account's own endpoint, made if there is none: its secret signs what jobs ask
    for themselves, and its url, if it has one, is studio's `webhookUrl`.
    """
    row = tx.row("SELECT id FROM endpoint WHERE account = ? AND family = 'studio'", (account,))
    if row is None:
        row = tx.row(
            "INSERT INTO endpoint(id, account, family, events, filter, secret, shown, created_at)"
            " VALUES (?, ?, 'studio', ?, ?, ?, 0, ?) RETURNING id",
            (
                *(new_id("wh"), account, json.dumps(JOB_ENDS), json.dumps(STUDIOS_JOBS)),
                *(new_secret(), micros(box.clock.now())),
            ),
        )
    assert row is not None
    return str(row[0])
