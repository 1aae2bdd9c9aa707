"""A thousand malformed files through every way in, and those taken through a real decoder."""

from __future__ import annotations

import base64
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from appliance.adapters import outbound
from appliance.core.errors import ApplianceError
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.wishes import KeyWish
from appliance.services.box import Box
from appliance.services.files import uploads
from appliance.web.app import create_app
from appliance.worker import child
from appliance.worker.children import ChildDied, Children, outcome
from tests.support.box import alive, opened_box
from tests.support.file_server import FileServer, serving_files
from tests.support.hostile import OK, Hostile, hostile_files
from tests.support.receiver import LOOPBACK

_CODES = {
    "INVALID_INPUT": "invalid_input",
    "VALIDATION_ERROR": "invalid_input",
    "UNSUPPORTED_MEDIA_TYPE": "unsupported_media",
    "PAYLOAD_TOO_LARGE": "limit_exceeded",
}
TUS = {"Tus-Resumable": "1.0.0"}
Send = Callable[["Lab", bytes, int], Any]  # a file's bytes and the number of the way


@dataclass
class Lab:
    """A box with its web process in this thread, and media children."""

    box: Box
    client: Any
    key: dict[str, str]
    children: Children
    outside: FileServer
    died: list[str] = field(default_factory=list)

    def sent(self, content: bytes, way: int) -> Any:
        """The reply to the file when it is sent in this way."""
        return (self._part, self._base64, self._data_url, self._pieces)[way % 4](content)

    def named(self, content: bytes, way: int) -> Any:
        """The reply to an address at which the file lies."""
        self.outside.files = {f"/{way}": content}
        body = {"file": f"{self.outside.base}/{way}"}
        return self.client.post("/api/v1/uploads", json=body, headers=self.key)

    def outcome(self, file: Hostile, reply: Any) -> str:
        """What comes of the file after this reply: `OK`, or the code of its error."""
        if reply.status_code >= 400:
            assert reply.status_code < 500, (file.name, reply.json)
            return _CODES[reply.json["error"]["code"]]
        try:
            return self._decoded(file, _upload_of(reply))
        finally:
            path = f"/api/v1/uploads/{_upload_of(reply)}"
            assert self.client.delete(path, headers=self.key).status_code == 204

    def _decoded(self, file: Hostile, upload_id: str) -> str:
        account = accounts.operator(self.box).account
        path = uploads.find(self.box, account, upload_id).path
        array = self.box.home.tmp / "array.npy"
        try:
            outcome(self.children.media(child.decode_to, path, array))
        except ChildDied:
            self.died.append(file.name)
            return "died"
        except ApplianceError as error:
            return error.code
        finally:
            array.unlink(missing_ok=True)
        return OK

    def _part(self, content: bytes) -> Any:
        data = {"file": (io.BytesIO(content), "a.png")}
        return self.client.post("/api/v1/uploads", data=data, headers=self.key)

    def _base64(self, content: bytes) -> Any:
        body = {"file_base64": base64.b64encode(content).decode()}
        return self.client.post("/api/v1/uploads", json=body, headers=self.key)

    def _data_url(self, content: bytes) -> Any:
        body = {"file": f"data:image/png;base64,{base64.b64encode(content).decode()}"}
        return self.client.post("/api/v1/uploads", json=body, headers=self.key)

    def _pieces(self, content: bytes) -> Any:
        size = {"Upload-Length": str(len(content))}
        made = self.client.post("/api/v1/uploads", headers={**self.key, **TUS, **size})
        if made.status_code != 201:
            return made
        sent = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        path = made.headers["Location"]
        reply = self.client.patch(path, data=content, headers={**self.key, **TUS, **sent})
        return reply if reply.status_code >= 400 else self.client.get(path, headers=self.key)

    @property
    def stray(self) -> list[Path]:
        """Files of the box that nobody needs."""
        home = self.box.home
        return [path for path in (*home.uploads.rglob("*"), *home.tmp.rglob("*")) if path.is_file()]


def _upload_of(reply: Any) -> str:
    found: str = reply.json["data"]["upload_id"]
    return found


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Iterator[Lab]:
    monkeypatch.setattr(outbound, "_NEVER", ())
    monkeypatch.setattr(outbound, "own_addresses", frozenset)
    settings = {"rates__management": "1000000 per 1 minute", "worker__media_timeout_s": 20}
    with (
        opened_box(tmp_path / "box", catalogue=discover(), **settings, **LOOPBACK) as box,
        serving_files({}) as outside,
    ):
        alive(box)
        secret = keys.create_key(box, accounts.operator(box).account, KeyWish("lab")).secret
        key = {"Authorization": f"Bearer {secret}"}
        children = Children(box.settings)
        try:
            yield Lab(box, create_app(box).test_client(), key, children, outside)
        finally:
            children.close()


def check(lab: Lab, files: list[Hostile], send: Send, pids: Counter[int]) -> list[str]:
    """The files of which came what should not."""
    wrong = []
    for number, file in enumerate(files):
        # Empty pieces are none; every other file goes by each way in its turn.
        found = lab.outcome(file, send(lab, file.content, number // 10))
        if found not in file.expected:
            wrong.append(f"{number} {file.name}: {found}, not {sorted(file.expected)}")
        if number % 25 == 0:
            pids[outcome(lab.children.media(os.getpid))] += 1
    return wrong


@pytest.mark.parametrize(
    ("send", "count"),
    [
        pytest.param(Lab.sent, 200, id="some that are sent"),
        pytest.param(Lab.named, 100, id="some that are fetched"),
        pytest.param(Lab.sent, 1000, id="all that are sent", marks=pytest.mark.slow),
        pytest.param(Lab.named, 1000, id="all that are fetched", marks=pytest.mark.slow),
    ],
)
def test_every_class_of_malformed_file_is_answered_as_it_should_be(lab, tmp_path, send, count):
    pids: Counter[int] = Counter()

    wrong = check(lab, hostile_files(tmp_path, count), send, pids)

    assert wrong == []
    assert lab.died == []  # no decoder was brought down
    # Two children, each made anew after 500 orders, and no oftener.
    assert len(pids) <= 2 + count // 500
    assert lab.stray == []
    assert lab.box.db.row("SELECT (SELECT count(*) FROM upload) + count(*) FROM arriving") == (0,)


def test_the_same_files_are_made_at_every_run(tmp_path):
    one, other = (hostile_files(tmp_path, 100) for _ in range(2))

    assert one == other
    assert len({file.content for file in one}) > 80
