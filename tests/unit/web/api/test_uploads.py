from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.wishes import KeyWish
from appliance.web.app import create_app
from tests.support.box import alive, opened_box, put_upload
from tests.support.clock import FrozenClock
from tests.unit.services.files.test_resumable import MOVIE
from tests.unit.services.files.test_uploads import png

TUS = {"Tus-Resumable": "1.0.0"}
# The header of a recording of a second in one channel of 16 bits at 44,100 Hz.
FLAC = b"fLaC\x80\0\0\x22" + bytes(10) + bytes.fromhex("0AC440F00000AC44") + bytes(16)
PIECE = "application/offset+octet-stream"
INLINE = base64.b64encode(png()).decode()


@pytest.fixture
def ask(tmp_path) -> Iterator[Any]:
    """Asks a box, with a key; `ask.box` is the box."""
    rates = {f"rates__{name}": "10000 per 1 minute" for name in ("management", "studio_upload")}
    with opened_box(tmp_path, catalogue=discover(), clock=FrozenClock(), **rates) as box:
        alive(box)
        secret = keys.create_key(box, accounts.operator(box).account, KeyWish("up")).secret
        client = create_app(box).test_client()

        def asked(method: str, path: str, **options: Any) -> Any:
            headers = {"Authorization": f"Bearer {secret}", **options.pop("headers", {})}
            return client.open(path, method=method, headers=headers, **options)

        asked.box = box  # type: ignore[attr-defined]
        yield asked


def begun(ask, size: int, **headers: str) -> Any:
    return ask("POST", "/api/v1/uploads", headers={**TUS, "Upload-Length": str(size), **headers})


def piece(ask, path: str, offset: int, content: bytes, **headers: str) -> Any:
    sent = {**TUS, "Upload-Offset": str(offset), "Content-Type": PIECE, **headers}
    return ask("PATCH", path, data=content, headers=sent)


def downloaded(ask, url: str) -> bytes:
    with ask("GET", url) as reply:
        return reply.data


def files(ask) -> list[str]:
    return [path.name for path in ask.box.home.uploads.iterdir()]


@pytest.mark.parametrize(
    "body",
    [
        {"data": None},
        {"json": {"file": f"data:image/png;base64,{INLINE}", "filename": "a.png"}},
        {"json": {"file_base64": INLINE, "filename": "a.png"}},
        {"json": {"content_base64": INLINE, "filename": "a.png"}},
    ],
)
def test_a_file_is_kept_however_it_is_sent(ask, body):
    if "data" in body:
        body = {"data": {"file": (io.BytesIO(png()), "a.png")}}
    sent = ask("POST", "/api/v1/uploads", **body)

    data = sent.json["data"]
    assert sent.status_code == 201
    assert (data["filename"], data["mime_type"], data["bytes"]) == (
        "a.png",
        "image/png",
        len(png()),
    )
    assert data["sha256"] == hashlib.sha256(png()).hexdigest()
    assert ask("GET", f"/api/v1/uploads/{data['upload_id']}").json["data"] == data
    assert downloaded(ask, data["url"]) == png()


def test_a_deleted_upload_is_gone_with_its_link(ask):
    data = ask("POST", "/api/v1/uploads", json={"file_base64": INLINE}).json["data"]
    path = f"/api/v1/uploads/{data['upload_id']}"

    assert [ask("DELETE", path).status_code for _ in range(2)] == [204, 404]
    assert ask("GET", path).status_code == 404
    assert ask("GET", data["url"]).status_code == 403
    assert files(ask) == []


def test_an_upload_of_somebody_else_is_not_found(ask):
    other = put_upload(ask.box, accounts.create_account(ask.box, "other").id)

    for method in ("GET", "DELETE", "HEAD"):
        assert ask(method, f"/api/v1/uploads/{other}").status_code == 404
    assert piece(ask, f"/api/v1/uploads/{other}", 0, b"x").status_code == 404


@pytest.mark.parametrize("kind", ["image", "audio", "video"])
def test_the_studio_family_takes_one_kind_a_route(ask, kind):
    content = {"image": png(), "video": MOVIE, "audio": FLAC}
    for sent, body in content.items():
        reply = ask("POST", f"/api/upload/{kind}", data={"file": (io.BytesIO(body), "a")})
        assert reply.status_code == (200 if sent == kind else 415), reply.json
        if sent == kind:
            assert reply.json["data"]["contentType"].startswith(kind)
    assert len(files(ask)) == 1


def test_a_file_comes_in_pieces(ask):
    made = begun(ask, len(MOVIE), **{"Upload-Metadata": "filename Y2xpcC5tcDQ=,is_private"})
    path = made.headers["Location"]
    assert (made.status_code, made.data) == (201, b"")

    for start in range(0, len(MOVIE), 40_000):
        told = ask("HEAD", path, headers=TUS)
        assert told.headers["Upload-Offset"] == str(start)
        assert told.headers["Upload-Length"] == str(len(MOVIE))
        assert told.headers["Cache-Control"] == "no-store"
        assert told.headers["Upload-Expires"].endswith(" GMT")
        assert ask("GET", path).status_code == 404
        reply = piece(ask, path, start, MOVIE[start : start + 40_000])
        assert (reply.status_code, reply.headers["Tus-Resumable"]) == (204, "1.0.0")

    assert ask("HEAD", path, headers=TUS).headers["Upload-Offset"] == str(len(MOVIE))
    data = ask("GET", path).json["data"]
    assert (data["filename"], data["mime_type"]) == ("clip.mp4", "video/mp4")
    assert path.endswith(f"/api/v1/uploads/{data['upload_id']}")
    assert downloaded(ask, data["url"]) == MOVIE


def test_what_is_spoken_is_told(ask):
    told = ask("OPTIONS", "/api/v1/uploads", headers={"Authorization": ""})

    assert told.status_code == 200
    assert told.headers["Tus-Version"] == "1.0.0"
    assert told.headers["Tus-Extension"] == "creation,termination,expiration,checksum"
    assert told.headers["Tus-Max-Size"] == "2000000000"


def test_an_upload_can_be_given_up(ask):
    path = begun(ask, 1000).headers["Location"]

    assert ask("DELETE", path, headers=TUS).status_code == 204
    assert ask("HEAD", path, headers=TUS).status_code == 404
    assert not [*(ask.box.home.tmp / "arriving").iterdir()]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": ""}, 422),
        ({"Upload-Length": "-1"}, 422),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Length": "1e3"}, 422),
        ({"Upload-Length": "2000000001"}, 413),
        ({"Upload-Length": "9" * 30}, 422),
        ({"Upload-Metadata": "filename ###"}, 422),
        ({"Upload-Metadata": "filename \xff\xfe"}, 422),
    ],
)
def test_a_beginning_that_is_wrong_is_refused(ask, headers, status):
    reply = begun(ask, 1000, **headers)

    assert reply.status_code == status, reply.json
    assert ("Tus-Version" in reply.headers) == (status == 412)
    assert ask.box.db.row("SELECT count(*) FROM arriving") == (0,)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": ""}, 412),
        ({"Content-Type": "application/octet-stream"}, 415),
        ({"Upload-Offset": ""}, 422),
        ({"Upload-Offset": "1"}, 409),
        ({"Upload-Checksum": "crc32 AAAA"}, 422),
        ({"Upload-Checksum": "sha1 ###"}, 422),
        ({"Upload-Checksum": "sha1 AAAA"}, 460),
        ({"Authorization": ""}, 401),
    ],
)
def test_a_piece_that_is_wrong_is_refused_and_not_kept(ask, headers, status):
    path = begun(ask, len(MOVIE)).headers["Location"]

    assert piece(ask, path, 0, MOVIE[:100], **headers).status_code == status
    assert ask("HEAD", path, headers=TUS).headers["Upload-Offset"] == "0"


def test_a_piece_with_its_checksum_is_taken(ask):
    path = begun(ask, len(MOVIE)).headers["Location"]
    digest = base64.b64encode(hashlib.sha256(MOVIE).digest()).decode()

    reply = piece(ask, path, 0, MOVIE, **{"Upload-Checksum": f"sha256 {digest}"})

    assert reply.status_code == 204


def test_what_is_no_medium_is_refused_with_its_first_piece(ask):
    path = begun(ask, 1_000_000).headers["Location"]

    assert piece(ask, path, 0, b"MZ" * 50_000).status_code == 415
    assert ask("HEAD", path, headers=TUS).status_code == 404
