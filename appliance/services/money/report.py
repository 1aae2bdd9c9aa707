"""What was used: the jobs that ended in a stretch of time, counted and summed by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from appliance.core.clock import micros
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.core.money import Money
from appliance.services.box import Box


class Group(StrEnum):
    """What jobs can be put together by. Days are UTC's; the model is the one that ran."""

    DAY = "day"
    KEY = "key"
    OPERATION = "operation"
    MODEL = "model"


_COLUMNS = {
    Group.DAY: "date(j.completed_at / 1000000, 'unixepoch')",
    Group.KEY: "j.api_key",
    Group.OPERATION: "j.operation",
    Group.MODEL: "(SELECT value FROM json_each(j.models) LIMIT 1)",
}


@dataclass(frozen=True)
class Period:
    """From `since` on, before `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Used:
    """What the jobs of one group came to. `group`: its value of each Group asked for, None where
    jobs have none; `seconds`: of work, from start to end; `cost`: charged and not refunded (with
    billing off: what completed jobs would have cost).
    """

    group: Mapping[Group, str | None]
    jobs: int
    completed: int
    failed: int
    cancelled: int
    seconds: float
    cost: Money


def used(
    box: Box, account: AccountId, environment: Environment, period: Period, by: Sequence[Group]
) -> list[Used]:
    """The account's ended jobs by group, in the groups' order; without groups one sum of all."""
    columns = ", ".join(_COLUMNS[group] for group in by) or "''"
    places = ", ".join(str(place + 1) for place in range(len(by))) or "1"
    rows = box.db.rows(
        f"SELECT {columns}, count(*),"  # noqa: S608  our own names
        " count(*) FILTER (WHERE j.state = 'completed'),"
        " count(*) FILTER (WHERE j.state = 'failed'),"
        " count(*) FILTER (WHERE j.state = 'cancelled'),"
        " sum(j.completed_at - coalesce(j.started_at, j.completed_at)),"
        " sum(CASE WHEN h.id IS NULL THEN iif(j.state = 'completed', j.price, 0) ELSE h.captured"
        "  - (SELECT coalesce(sum(amount), 0) FROM payment WHERE hold = h.id) END)"
        " FROM job j LEFT JOIN hold h ON h.id = j.hold"
        " WHERE j.account = ? AND j.environment = ? AND j.completed_at >= ? AND j.completed_at < ?"
        f" GROUP BY {places} ORDER BY {places}",
        (account, environment, micros(period.since), micros(period.until)),
    )
    return [
        Used(
            group=dict(zip(by, row, strict=False)),
            jobs=row[-6],
            completed=row[-5],
            failed=row[-4],
            cancelled=row[-3],
            seconds=round(row[-2] / 1e6, 3),
            cost=Money(row[-1]),
        )
        for row in rows
    ]
