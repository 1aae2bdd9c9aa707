from __future__ import annotations

import base64
import io
from collections.abc import Iterator

import pytest
from flask import Flask

from appliance.core.errors import (
    ApplianceError,
    BrokenMedia,
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
from tests.unit.services.files.test_uploads import Several, png

FIELDS, SEVERAL = fields_of(Frame), fields_of(Several)
INLINE = base64.b64encode(png()).decode()


@pytest.fixture
def take(box, ada) -> Iterator[object]:
    """Takes in values as a request of Ada's does."""
    app = Flask("test")
    app.request_class = SpoolingRequest
    app.extensions["box"] = box
    app.teardown_request(forget_arrivals)

    def taken(values=None, fields=FIELDS, **request):
        with app.test_request_context("/", method="POST", **request):
            values = read_body().values if values is None else values
            return Intake(box, ada.actor, Room(1000, 2000)).take(fields, values)

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
def test_a_file_inside_json_is_taken_in_every_form(take, values):
    taken = take({**values, "text": "Hi"})

    assert set(taken) == {"image", "text"}
    assert isinstance(taken["image"], Upload)
    assert taken["image"].path.read_bytes() == png()
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
