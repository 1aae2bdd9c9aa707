from __future__ import annotations

import json

from appliance.core.errors import TooLarge
from appliance.core.jobs import JobError
from appliance.services.jobs.rows import COLUMNS, error_record, outputs_of, view
from tests.support.box import completed, submit


def row_of(box, job):
    return box.db.row(f"SELECT {COLUMNS} FROM job WHERE id = ?", (job,))


def test_a_row_becomes_a_job_with_everything_it_holds(box, ada):
    job = submit(box, ada.actor, family="tools", extra={"requested_tool": "crear-qr"}, model="m")
    seen = view(row_of(box, job.id))

    assert (seen.id, seen.number, seen.account, seen.key) == (job.id, 1, ada.account, ada.key)
    assert seen.params == {"text": "Happy birthday", "count": 1, "seed": job.params["seed"]}
    assert (seen.family, seen.extra, seen.model) == ("tools", {"requested_tool": "crear-qr"}, "m")
    assert (seen.paused, seen.cancel_requested, seen.error) == (False, False, None)
    assert (seen.started_at, seen.completed_at) == (None, None)


def test_a_job_of_the_command_line_has_no_key(box, root):
    assert view(row_of(box, submit(box, root).id)).key is None


def test_files_come_in_order_with_their_facts(box, ada):
    job = completed(box, ada.actor)
    (file,) = outputs_of(box.db, job.id)

    assert (file.index, file.name, file.mime) == (0, "card.txt", "text/plain")
    assert (file.facts.width_px, file.facts.height_px) == (8, 4)


def test_an_error_survives_its_row(box, ada):
    job = submit(box, ada.actor)
    error = TooLarge("Too large.", field="image", details={"limit": [1, 2]})
    record = json.dumps(error_record(error))
    with box.db.transaction() as tx:
        tx.run("UPDATE job SET error = ? WHERE id = ?", (record, job.id))

    kept = view(row_of(box, job.id)).error

    assert kept == JobError("limit_exceeded", "Too large.", False, "image", {"limit": [1, 2]})
