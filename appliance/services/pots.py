"""Pots: the keys whose jobs are counted together against a quota or a limit."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.core.jobs import Actor
from appliance.core.limits import Limits, Quota


@dataclass(frozen=True)
class Pot:
    """A key with those it replaced, or all keys of an app. `word` names it in sentences; `keys` is
    SQL for the ids of its keys, of which `id` is the one value.
    """

    word: str
    keys: str
    id: str | None
    limits: Limits
    quota: Quota


def pots(actor: Actor) -> tuple[Pot, ...]:
    """What the actor's jobs count in: its key's pot, and its app's where it has one."""
    lineage = actor.lineage or actor.key
    own = "SELECT id FROM api_key WHERE lineage = ?"
    key = Pot("key", own, lineage, actor.limits, actor.quota)
    if actor.app is None:
        return (key,)
    all_of_app = "SELECT id FROM api_key WHERE app = ?"
    return key, Pot("app", all_of_app, actor.app.id, actor.app.limits, actor.app.quota)
