from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from ipaddress import ip_network
from threading import BoundedSemaphore

import pytest
from flask import Flask

from appliance.adapters import outbound
from appliance.core.errors import (
    ApplianceError,
    BrokenMedia,
    Busy,
    InvalidInput,
    NotFound,
    TooLarge,
    UnsupportedMedia,
)
from appliance.core.files import Kind, Upload
from appliance.core.params import Accepts, Field, fields_of
from appliance.web.arrivals import SpoolingRequest, forget_arrivals
from appliance.web.body import read_body
from appliance.web.intake import Intake, Room
from tests.support.box import Frame, completed, put_upload
from tests.support.file_server import FileServer, serving_files
from tests.unit.services.files.test_uploads import Several, png

FIELDS, SEVERAL = fields_of(Frame), fields_of(Several)
ROOM = Room(1000, 2000)
INLINE = base64.b64encode(png()).decode()


@pytest.fixture
def fetching() -> BoundedSemaphore:
    return BoundedSemaphore(1)


@pytest.fixture
def take(box, ada, fetching) -> Iterator[object]:
    """Takes in values as a request of Ada's does."""
    app = Flask("test")
    app.request_class = SpoolingRequest
    app.extensions["box"] = box
    app.extensions["fetching"] = fetching
    app.teardown_request(forget_arrivals)

    def taken(values=None, fields=FIELDS, room=ROOM, **request):
        with app.test_request_context("/", method="POST", **request):
            values = read_body().values if values is None else values
            return Intake(box, ada.actor, room).take(fields, values)

    yield taken
    left = box.home.tmp / "arrivals"
    assert not left.exists() or not [*left.iterdir()]


def refused(take, values, fields=FIELDS, **options) -> ApplianceError:
    with pytest.raises(ApplianceError) as caught:
        take(values, fields, **options)
    return caught.value


@pytest.mark.parametrize(
    "values",
    [
        {"image": f"data:image/png;base64,{INLINE}"},
        {"image": f"DATA:;base64,{INLINE}"},
        {"image": f"data:text/plain;charset=utf-8;base64,{INLINE}"},
        {"image_base64": INLINE},
        {"image_base64": INLINE[:20] + "\n " + INLINE[20:]},
        {"image_base64": f"data:image/png;base64,{INLINE}"},
        {"content_base64": INLINE},
        {"file": f"data:;base64,{INLINE}"},
        {"imageUrl": f"data:;base64,{INLINE}"},
    ],
)
def test_a_file_inside_json_is_taken_in_every_form(take, box, values):
    taken = take({**values, "text": "Hi"})

    assert set(taken) == {"image", "text"}
    assert isinstance(taken["image"], Upload)
    assert (box.home.uploads / taken["image"].id).read_bytes() == png()
    assert (taken["image"].mime, taken["image"].name) == ("image/png", "image")


def test_a_multipart_part_is_taken_with_its_name(take):
    taken = take(data={"image": (io.BytesIO(png()), "Mi foto.png"), "text": "Hi"})

    assert (taken["image"].name, taken["image"].bytes) == ("Mi-foto.png", len(png()))


def test_filename_names_a_file_that_came_in_json(take):
    values = {"content_base64": INLINE, "filename": "mi-imagen.png"}

    assert take(values)["image"].name == "mi-imagen.png"


def test_an_upload_and_an_output_are_taken_by_their_ids(take, box, ada):
    upload = put_upload(box, ada.account)
    completed(box, ada.actor)
    words = [Field("image", Upload, "Any", None, kinds=(Kind.DOCUMENT,))]

    assert take({"image": upload})["image"].id == upload
    assert take({"image": "1/0"}, words)["image"].name == "card.txt"


def test_several_files_are_taken_in_their_order(take):
    other = base64.b64encode(png(3, 3)).decode()
    taken = take({"images": [f"data:;base64,{INLINE}", f"data:;base64,{other}"]}, SEVERAL)

    assert [each.facts.width_px for each in taken["images"]] == [8, 3]
    assert len(take({"images": f"data:;base64,{INLINE}"}, SEVERAL)["images"]) == 1


def test_a_file_that_was_not_sent_is_left_to_the_form(take):
    assert take({"text": "Hi"}) == {"text": "Hi"}
    assert take({"image": None}) == {"image": None}


def test_cyds_upload_is_not_found(take, box, cyd):
    assert isinstance(refused(take, {"image": put_upload(box, cyd.account)}), NotFound)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("", InvalidInput),
        ("photo.png", InvalidInput),
        ("/etc/passwd", InvalidInput),
        ("https://s.local/a.png", InvalidInput),
        (7, InvalidInput),
        (True, InvalidInput),
        ({"file": "upl_1"}, InvalidInput),
        (["upl_1"], InvalidInput),
        ("upl_nothing", NotFound),
        ("upl_\ud800", NotFound),
        ("data:", InvalidInput),
        ("data:image/png;base64", InvalidInput),
        ("data:;base64,", InvalidInput),
        ("data:;base64,!!!!", InvalidInput),
        ("data:;base64,AAA", InvalidInput),
        ("data:;base64,\ud800", InvalidInput),
        ("data:,\ud800", InvalidInput),
        ("data:,just%20words", UnsupportedMedia),
        ("data:;base64," * 3000 + INLINE, InvalidInput),
        (f"data:;base64,{base64.b64encode(png()[:12]).decode()}", BrokenMedia),
    ],
)
def test_what_is_no_file_is_refused(take, given, error):
    found = refused(take, {"image": given})

    assert isinstance(found, error)
    assert found.field == "image" or error is NotFound
    found.message.encode()


def test_a_broken_base64_field_is_named(take):
    assert refused(take, {"image_base64": 7}).field == "image"
    assert refused(take, {"image_base64": "###"}).field == "image"


def test_an_empty_part_is_refused(take):
    with pytest.raises(InvalidInput, match="empty"):
        take(data={"image": (io.BytesIO(b""), "photo.png")})


def test_files_have_limits_by_the_way_they_came(take, box):
    large = png() + b"\0" * 1000
    inline = base64.b64encode(large).decode()

    assert isinstance(refused(take, {"image_base64": inline}), TooLarge)
    assert take(data={"image": (io.BytesIO(large), "a.png")})["image"].bytes == len(large)
    with pytest.raises(TooLarge) as caught:
        take(data={"image": (io.BytesIO(large * 3), "a.png")})
    assert caught.value.details == {"bytes": len(large) * 3, "limit_bytes": 2000}
    assert len([*box.home.uploads.iterdir()]) == 1


def test_a_file_of_the_wrong_kind_is_unsupported(take):
    sounds = [Field("image", Upload, "Sound", None, kinds=(Kind.AUDIO,))]
    found = refused(take, {"image_base64": INLINE}, sounds)

    assert isinstance(found, UnsupportedMedia)
    assert "must be audio" in found.message


def test_a_field_that_is_the_operations_own_is_not_taken_for_an_alias(take):
    fields = [*FIELDS, Field("file", str, "A name", None)]

    assert take({"image_base64": INLINE, "file": "a"}, fields)["file"] == "a"


def test_a_second_form_of_the_same_file_is_left_for_the_form_to_refuse(take):
    taken = take({"image": f"data:;base64,{INLINE}", "image_base64": INLINE})

    assert isinstance(taken["image"], Upload)
    assert taken["image_base64"] == INLINE


def test_accepts_lists_the_kinds():
    assert Accepts(Kind.IMAGE, Kind.VIDEO).kinds == (Kind.IMAGE, Kind.VIDEO)


@pytest.fixture
def outside(box, monkeypatch) -> Iterator[FileServer]:
    """A server of files that the box may ask: loopback is let in."""
    monkeypatch.setattr(outbound, "_NEVER", ())
    monkeypatch.setattr(outbound, "own_addresses", frozenset)
    monkeypatch.setattr(box.outside, "_plain", frozenset({"127.0.0.1"}))
    monkeypatch.setattr(box.outside, "_lan", (ip_network("127.0.0.1/32"),))
    with serving_files({"/a/Mi%20foto.png": png(), "/empty": b"", "/words": b"words"}) as server:
        yield server


@pytest.mark.parametrize("name", ["image", "image_url", "imageUrl", "file"])
def test_a_file_is_fetched_wherever_one_is_expected(take, box, outside, name):
    taken = take({name: f"{outside.base}/a/Mi%20foto.png"})["image"]

    assert (box.home.uploads / taken.id).read_bytes() == png()
    assert (taken.name, taken.mime, taken.bytes) == ("Mi-foto.png", "image/png", len(png()))
    assert taken.sha256 == hashlib.sha256(png()).hexdigest()


def test_several_files_may_come_from_addresses(take, outside):
    url = f"{outside.base}/a/Mi%20foto.png"

    assert len(take({"images": [url, f"data:;base64,{INLINE}", url]}, SEVERAL)["images"]) == 3


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("/missing", InvalidInput, "answered 404"),
        ("/empty", InvalidInput, "empty"),
        ("/words", UnsupportedMedia, "no kind"),
    ],
)
def test_what_cannot_be_fetched_names_the_field(take, outside, path, error, says):
    found = refused(take, {"image_url": outside.base + path})

    assert (type(found), found.field) == (error, "image")
    assert says in found.message


def test_a_fetched_file_has_the_familys_limit(take, outside):
    found = refused(take, {"image": f"{outside.base}/a/Mi%20foto.png"}, room=Room(1000, 50))

    assert (type(found), found.field) == (TooLarge, "image")


def test_an_address_that_may_not_be_asked_is_refused(take):
    for url in ("https://127.0.0.1/a.png", "http://example.com/a.png", "https://[::1]:8443/"):
        found = refused(take, {"image": url})
        assert (type(found), found.field) == (InvalidInput, "image")


def test_all_files_of_a_request_have_one_time_limit(take, box, outside):
    outside.pause_s = 30.0
    object.__setattr__(box.settings.outbound, "fetch_s", 0.2)

    found = refused(take, {"image": f"{outside.base}/a/Mi%20foto.png"})

    assert (type(found), found.field, found.status) == (InvalidInput, "image", 422)


def test_no_more_files_are_fetched_at_once_than_there_is_room_for(take, fetching, outside):
    fetching.acquire()

    assert isinstance(refused(take, {"image": f"{outside.base}/a/Mi%20foto.png"}), Busy)


def test_a_link_of_this_box_is_its_file_and_is_not_asked_for(take, box, ada, cyd):
    own, other = put_upload(box, ada.account), put_upload(box, cyd.account)
    completed(box, ada.actor)
    words = [Field("image", Upload, "Any", None, kinds=(Kind.DOCUMENT,))]
    job = box.db.row("SELECT id FROM job")[0]

    assert take({"image": f"http://localhost/files/{own}/a.png?sig=x"})["image"].id == own
    found = take({"image": f"http://localhost/files/job_{job}-0/card.txt"}, words)["image"]
    assert found.id == f"job_{job}/0"
    assert isinstance(refused(take, {"image": f"http://localhost/files/{other}/a.png"}), NotFound)
