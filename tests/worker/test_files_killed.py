"""Kill -9 round everything that comes, goes or lies about beside jobs: what was promised is there
afterwards, once, and nothing else is.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from appliance.adapters.failpoints import Point
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.keys import KeyWish
from appliance.services.box import Box, open_box
from tests.support.box import let_go
from tests.support.golden_media import write_media
from tests.support.running import Client
from tests.support.tending import Stubborn, Tended, wait_until
from tests.worker.lab import CONVERT
from tests.worker.lab import SETTINGS as USUAL

SETTINGS = {**USUAL, "APPLIANCE_HOT__SETTLE_S": "0.0"}
TUS = {"Tus-Resumable": "1.0.0"}
# A file that came in pieces: whole, then an upload.
ARRIVAL = (
    *(Point.UPLOAD_RENAMING, Point.UPLOAD_RENAMED),
    *(Point.ARRIVAL_COMMITTING, Point.ARRIVAL_COMMITTED),
)
REPLY = (Point.REPLY_COMMITTING, Point.REPLY_COMMITTED)
HOT = (Point.HOT_TAKEN, Point.HOT_ENDING, Point.HOT_ENDED, Point.HOT_LINKED)
REMOVAL = (
    *(Point.REMOVAL_COMMITTING, Point.REMOVAL_COMMITTED, Point.REMOVAL_UNLINKED),
    *(Point.FORGET_COMMITTING, Point.FORGET_COMMITTED),
)


@dataclass
class Lab:
    tended: Tended
    box: Box
    client: Stubborn
    media: Path

    def arm(self, points: tuple[Point, ...]) -> None:
        for point in points:
            self.tended.arm(point)

    def wait(self, what: Callable[[], object], otherwise: str = "") -> None:
        wait_until(what, lambda: f"{otherwise} {self.tended.owed()}\n{self.tended.log()}")

    def died_all(self) -> None:
        self.wait(lambda: not self.tended.owed(), "nobody reached")

    def begin_worker_anew(self) -> None:
        os.kill(self.tended.processes["worker"].pid, signal.SIGKILL)

    def lying(self, *names: str) -> list[Path]:
        folders = [self.tended.home / "data" / name for name in names]
        return [path for each in folders for path in each.rglob("*") if path.is_file()]

    def rows(self, table: str) -> int:
        found = self.box.db.row(f"SELECT count(*) FROM {table}")
        return int(found[0]) if found else 0


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("files")
    tended = Tended(home, SETTINGS)
    box = open_box(tended.environ, discover())
    key = keys.create_key(box, accounts.operator(box).account, KeyWish("test")).secret
    try:
        tended.start()
        yield Lab(tended, box, Stubborn(tended, key), write_media(home / "media"))
    finally:
        tended.stop()
        let_go(box)


def test_a_file_that_came_whole_in_pieces_becomes_an_upload(lab: Lab) -> None:
    photo = (lab.media / "product.jpg").read_bytes()
    size = str(len(photo))
    begun = lab.client.ask("POST", "/api/v1/uploads", **TUS, Upload_Length=size)
    path = urlsplit(begun.headers["Location"]).path
    lab.arm(ARRIVAL)

    piece = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    with suppress(OSError, http.client.HTTPException):  # the process dies under it
        Client(lab.tended.base, lab.client.key).send("PATCH", path, photo, headers=TUS | piece)

    # All came, so whoever sends asks how far it is and sends no more.
    told = lab.client.ask("HEAD", path, **TUS)
    assert (told.status, told.headers["Upload-Offset"]) == (200, size)
    data = lab.client.ask("GET", path).json["data"]
    assert data["sha256"] == hashlib.sha256(photo).hexdigest()
    assert lab.client.ask("DELETE", path).status == 204
    lab.died_all()
    assert (lab.rows("arriving"), lab.rows("upload")) == (0, 0)
    check_swept(lab)


def test_a_key_is_made_once_and_its_secret_is_not_lost(lab: Lab) -> None:
    lab.arm(REPLY)
    before = lab.rows("api_key")

    made = lab.client.ask("POST", "/api/v1/keys", {"name": "x"}, Idempotency_Key="key")

    lab.died_all()
    assert made.status == 201
    assert lab.rows("api_key") == before + 1
    wallet = Client(lab.tended.base, made.json["data"]["key"]).get("/api/v1/credits")
    assert wallet.status == 200
    lab.client.ask("DELETE", f"/api/v1/keys/{made.json['data']['id']}")


def test_a_dropped_file_becomes_one_job_and_one_result(lab: Lab) -> None:
    folder = lab.tended.home / "data" / "hot" / "tools.image_compress"
    lab.wait(folder.is_dir)
    before = lab.rows("job")
    lab.arm(HOT)

    (folder / "cup.jpg").write_bytes((lab.media / "product.jpg").read_bytes())

    done = folder / "done"
    lab.wait(lambda: (done / "cup.jpg").exists() and not [*(folder / ".working").iterdir()])
    lab.died_all()
    lab.wait(lambda: len([*done.glob("cup*")]) == 2)
    assert lab.rows("job") == before + 1


def test_files_whose_time_is_over_go_with_their_rows(lab: Lab) -> None:
    content = base64.b64encode((lab.media / "product.jpg").read_bytes()).decode()
    upload = lab.client.ask("POST", "/api/v1/uploads", {"file_base64": content})
    body = {"image": upload.json["data"]["upload_id"], "output_format": "webp", "width": 100}
    job = lab.client.ask("POST", CONVERT, body, Prefer="wait=20").json["data"]
    assert job["status"] == "completed", job
    with lab.box.db.transaction() as tx:
        tx.run("UPDATE output SET retained_until = 0")
        tx.run("UPDATE upload SET retained_until = 0")
    lab.arm(REMOVAL)

    lab.begin_worker_anew()  # it sweeps first of all

    lab.died_all()
    lab.wait(lambda: not lab.rows("output") + lab.rows("upload") + lab.rows("removal"))
    lab.wait(lambda: not lab.lying("outputs", "uploads"))
    check_swept(lab)


def check_swept(lab: Lab) -> None:
    """What a death left half way goes with the first sweep that finds it old."""
    for path in lab.lying("tmp", "uploads"):
        os.utime(path, (0, 0))
    if lab.lying("tmp", "uploads"):
        lab.begin_worker_anew()
    lab.wait(lambda: not lab.lying("tmp", "uploads"), "stray files")
