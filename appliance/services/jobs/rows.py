"""Job rows as values: the one place that knows the columns."""

from __future__ import annotations

import json
from typing import Any

from appliance.adapters.database import Database, Row
from appliance.core.clock import instant
from appliance.core.errors import ApplianceError
from appliance.core.files import Facts, Kind
from appliance.core.ids import AccountId, JobId, KeyId
from appliance.core.jobs import Environment, JobError, JobOutput, JobView, Lane, State
from appliance.core.money import Money

COLUMNS = (
    "id, number, account, api_key, environment, family, type, operation, params, extra, model,"
    " models, lane, state, attempt, paused, cancel_requested, price, error, facts, warnings,"
    " request_id, created_at, started_at, completed_at, quote, parent, items"
)


def view(row: Row, outputs: tuple[JobOutput, ...] = ()) -> JobView:
    """A row of COLUMNS as a JobView, without what is live."""
    error = json.loads(row[18]) if row[18] else None
    return JobView(
        id=JobId(row[0]),
        number=row[1],
        account=AccountId(row[2]),
        key=KeyId(row[3]) if row[3] else None,
        environment=Environment(row[4]),
        family=row[5],
        type=row[6],
        operation=row[7],
        params=_read(row[8]),
        extra=_read(row[9]),
        model=row[10],
        models=_read(row[11]),
        lane=Lane(row[12]),
        state=State(row[13]),
        attempt=row[14],
        paused=bool(row[15]),
        cancel_requested=bool(row[16]),
        price=Money(row[17]),
        error=JobError(**error) if error else None,
        facts=_read(row[19]),
        warnings=tuple(_read(row[20])),
        request_id=row[21],
        created_at=instant(row[22]),
        started_at=instant(row[23]) if row[23] else None,
        completed_at=instant(row[24]) if row[24] else None,
        quote=json.loads(row[25]) if row[25] else None,
        parent=JobId(row[26]) if row[26] else None,
        items=row[27],
        outputs=outputs,
    )


def _read(text: str) -> Any:
    # Most of these are empty in most rows, and five parsers a row are a tenth of a poll.
    return {} if text == "{}" else [] if text == "[]" else json.loads(text)


def outputs_of(db: Database, job: JobId) -> tuple[JobOutput, ...]:
    """The files of a finished job, in order."""
    rows = db.rows(
        "SELECT idx, path, name, mime, kind, bytes, sha256, width_px, height_px, seconds,"
        " retained_until FROM output WHERE job = ? ORDER BY idx",
        (job,),
    )
    return tuple(_output(row) for row in rows)


def _output(row: Row) -> JobOutput:
    return JobOutput(
        index=row[0],
        path=row[1],
        name=row[2],
        mime=row[3],
        kind=Kind(row[4]),
        bytes=row[5],
        sha256=row[6],
        facts=Facts(row[7], row[8], row[9]),
        retained_until=instant(row[10]),
    )


def error_record(error: ApplianceError) -> dict[str, Any]:
    """The error as a job row keeps it."""
    return {
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
        "field": error.field,
        "details": error.details,
    }
