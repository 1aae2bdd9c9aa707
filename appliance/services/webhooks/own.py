"""The account's own endpoint, as studio's settings show it: one url, and the secret that also signs
what jobs ask for themselves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from appliance.adapters.database import Transaction
from appliance.core.ids import AccountId
from appliance.core.webhooks import STUDIOS_JOBS
from appliance.services import listeners
from appliance.services.box import Box
from appliance.services.webhooks import log


@dataclass(frozen=True)
class Own:
    """The account's own endpoint. `secret`: only when it is shown for the first time."""

    url: str | None
    all_jobs: bool
    secret: str | None = None


@dataclass(frozen=True)
class OwnChange:
    """What to change; None leaves it, an empty url takes it away."""

    url: str | None = None
    all_jobs: bool | None = None


def own(box: Box, account: AccountId) -> Own:
    """The account's own endpoint as it is."""
    row = box.db.row(
        "SELECT url, filter FROM endpoint WHERE account = ? AND family = 'studio'", (account,)
    )
    return _view(row[0], row[1]) if row else Own(url=None, all_jobs=False)


def change_own(box: Box, account: AccountId, change: OwnChange) -> Own:
    """Change the account's own endpoint, with its secret where nobody was shown it yet. Given a
    url, it is active again.

    Raises InvalidInput, with the field `webhookUrl`, for a url that may not be asked.
    """
    if change.url:
        box.outside.check(change.url, field="webhookUrl")
    with box.db.transaction() as tx:
        endpoint = listeners.own_endpoint(tx, box, account)
        if change.url is not None:
            _set_url(tx, box, endpoint, change.url or None)
        if change.all_jobs is not None:
            wanted = json.dumps({} if change.all_jobs else STUDIOS_JOBS)
            tx.run("UPDATE endpoint SET filter = ? WHERE id = ?", (wanted, endpoint))
        row = tx.row("SELECT url, filter, secret, shown FROM endpoint WHERE id = ?", (endpoint,))
        tx.run("UPDATE endpoint SET shown = 1 WHERE id = ?", (endpoint,))
    assert row is not None
    url, wanted, secret, shown = row
    return _view(url, wanted, None if shown else secret)


def _set_url(tx: Transaction, box: Box, endpoint: str, url: str | None) -> None:
    tx.run(
        "UPDATE endpoint SET url = ?, status = 'active', reason = NULL, failing_since = NULL"
        " WHERE id = ?",
        (url, endpoint),
    )
    if url is None:
        log.give_up_part(tx, box, endpoint)


def _view(url: str | None, wanted: str, secret: str | None = None) -> Own:
    return Own(url, all_jobs="family" not in json.loads(wanted), secret=secret)
