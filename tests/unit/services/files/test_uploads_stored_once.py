"""The same bytes are stored once, and go with the last row that names them."""

from __future__ import annotations

import hashlib
import threading
from importlib import import_module

import pytest

from appliance.core.errors import Conflict, NotFound, StorageFull
from appliance.services.files import uploads
from tests.support.box import Frame, let_go, opened_box, put_upload, submit
from tests.unit.services.files.test_uploads import arrived, keep, png


def paths(box):
    return sorted(path.name for path in box.home.uploads.iterdir())


def digest(content):
    return hashlib.sha256(content).hexdigest()


def test_the_same_bytes_are_stored_once_and_counted_for_each_account(box, ada, cyd):
    one, two, other = (keep(box, who, png()) for who in (ada, ada, cyd))

    assert paths(box) == [digest(png())]
    assert len({one.id, two.id, other.id}) == 3
    counted = box.db.rows("SELECT account, sum(bytes) FROM upload GROUP BY account")
    assert dict(counted) == {ada.account: 2 * len(png()), cyd.account: len(png())}


def test_the_bytes_go_with_the_last_row_that_names_them(box, ada, cyd):
    kept = [keep(box, who, png()) for who in (ada, ada, cyd)]

    for upload in kept[:2]:
        uploads.delete(box, ada.account, upload.id)
        assert uploads.find(box, cyd.account, kept[2].id).path.read_bytes() == png()
    uploads.delete(box, cyd.account, kept[2].id)

    assert paths(box) == []
    assert not [*(box.home.tmp / "arrivals").iterdir()]


def test_an_upload_that_an_unfinished_job_reads_is_not_deleted(box, ada):
    upload = keep(box, ada, png())
    submit(box, ada.actor, "test.frame", params=Frame(upload))

    with pytest.raises(Conflict):
        uploads.delete(box, ada.account, upload.id)
    assert uploads.find(box, ada.account, upload.id) == upload


def test_only_the_owner_deletes_and_once(box, ada, cyd):
    upload = keep(box, ada, png())

    with pytest.raises(NotFound):
        uploads.delete(box, cyd.account, upload.id)
    uploads.delete(box, ada.account, upload.id)
    with pytest.raises(NotFound):
        uploads.delete(box, ada.account, upload.id)


def test_a_transaction_that_is_undone_leaves_no_bytes(box, ada):
    placed = uploads.place(box, arrived(box, png()), name="a.png", sha256=digest(png()))

    def undone():
        with box.db.transaction() as tx:
            uploads.record_part(tx, box, ada.account, [placed])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    uploads.discard(box, [placed])

    assert paths(box) == []


def test_a_refused_twin_leaves_the_bytes_that_others_have(box, ada):
    kept = keep(box, ada, png())
    placed = uploads.place(box, arrived(box, png()), name="a.png", sha256=digest(png()))

    uploads.discard(box, [placed])

    assert uploads.find(box, ada.account, kept.id).path.read_bytes() == png()
    assert paths(box) == [digest(png())]


def together(*works):
    """Do all at once, each in a thread of its own, until all have ended."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_uploading_never_meets_the_janitor_on_the_same_bytes(box, ada):
    """Two upload the same bytes and delete them, two sweep what no row names, over and over."""
    uploaded, lost = threading.Semaphore(0), []

    def upload():
        for _turn in range(60):
            path = box.home.tmp / f"arrived-{threading.get_ident()}"
            path.write_bytes(png())
            kept = uploads.keep(box, ada.account, path, name="a.png", sha256=digest(png()))
            lost.extend(() if kept.path.exists() else (kept.id,))
            uploads.delete(box, ada.account, kept.id)
        uploaded.release()
        let_go(box)

    def sweep():
        while not uploaded.acquire(blocking=False):
            uploads.release(box, [digest(png())])
        let_go(box)

    together(upload, upload, sweep, sweep)

    assert lost == []
    assert paths(box) == []


def test_a_disk_that_would_be_full_takes_nothing(tmp_path):
    with opened_box(tmp_path) as box:
        uploads.check_disk(box)
        with pytest.raises(StorageFull):
            uploads.check_disk(box, 10**18)
    with opened_box(tmp_path, storage__low_water_mb=10**12) as box, pytest.raises(StorageFull):
        uploads.check_disk(box)


def test_files_of_before_are_named_by_their_content(box, ada, cyd):
    """What the migration does to rows and files that were written before it."""
    old, twin = put_upload(box, ada.account), put_upload(box, cyd.account)
    gone = put_upload(box, cyd.account, content=b"gone")
    (box.home.uploads / gone).unlink()
    box.db.peewee.execute_sql("DROP TABLE arriving")
    box.db.peewee.execute_sql("DROP INDEX upload_by_path")

    import_module("appliance.adapters.migrations.0008_uploads").up(None, box.db.peewee)

    name = digest(b"png")
    assert uploads.find(box, ada.account, old).path == box.home.uploads / name
    assert uploads.find(box, cyd.account, twin).path.read_bytes() == b"png"
    with pytest.raises(NotFound):
        uploads.find(box, cyd.account, gone)
    assert uploads.with_rows(box, [old, twin, name]) == {name}
