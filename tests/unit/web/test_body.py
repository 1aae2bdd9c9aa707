from __future__ import annotations

import io
import math

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.errors import InvalidInput, UnsupportedMedia
from appliance.web.arrivals import SpoolingRequest
from appliance.web.body import Body, read_body

APP = Flask("test")
JSON = "application/json"


def body(**options) -> Body:
    with APP.test_request_context("/", method="POST", **options):
        return read_body()


def refused(raw: bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        body(data=raw, content_type=JSON)
    return caught.value.message


@pytest.mark.parametrize(
    "kind",
    [JSON, "application/json; charset=utf-8", "application/vnd.api+json", "APPLICATION/JSON"],
)
def test_a_json_object_is_taken_strictly(kind):
    raw = '{"prompt": "ñ", "steps": 4, "big": 1e3, "deep": {"a": [null, true]}}'.encode()

    assert body(data=raw, content_type=kind) == Body(
        {"prompt": "ñ", "steps": 4, "big": 1000.0, "deep": {"a": [None, True]}}, lenient=False
    )


@pytest.mark.parametrize("raw", [b"", b"  \n", b"{}"])
def test_an_empty_json_body_has_no_values(raw):
    assert body(data=raw, content_type=JSON) == Body({}, lenient=False)


def test_no_body_at_all_has_no_values():
    assert body() == Body({}, lenient=False)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"{", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1,}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b"[]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (rb'{"a": "\ud83d"}', "half a character"),
        (rb'{"\uDC00": 1}', "half a character"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": ' + b"9" * 5000 + b"}", "beyond any range"),
        (b'{"a": -' + b"9" * 31 + b"}", "beyond any range"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    ],
)
def test_a_malformed_body_is_refused_with_what_is_wrong(raw, says):
    assert says in refused(raw)


def test_a_float_beyond_all_floats_is_left_to_the_field_it_is_for():
    assert body(data=b'{"a": 1e999}', content_type=JSON).values == {"a": math.inf}


def test_a_pair_of_halves_is_a_character():
    assert body(data=rb'{"a": "\ud83c\udf4e"}', content_type=JSON).values == {"a": "🍎"}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "image/png", "json"])
def test_a_body_of_another_kind_is_unsupported(kind):
    with pytest.raises(UnsupportedMedia) as caught:
        body(data=b"{}", content_type=kind)

    assert caught.value.details == {"content_type": kind}


def test_a_body_without_a_kind_is_unsupported():
    with pytest.raises(UnsupportedMedia):
        body(data=b"{}")


def test_form_fields_come_as_text():
    taken = body(data={"prompt": "a b", "steps": "4", "tags": ["x", "y"], "one[]": "z"})

    assert taken == Body(
        {"prompt": "a b", "steps": "4", "tags": ["x", "y"], "one": ["z"]}, lenient=True
    )


def test_multipart_has_fields_and_files_side_by_side():
    taken = body(data={"width": "64", "image": (io.BytesIO(b"png"), "photo.png")})

    assert taken.lenient
    assert taken.values["width"] == "64"
    assert taken.values["image"].filename == "photo.png"


def test_several_files_of_one_name_come_as_a_list():
    def files(count: int) -> list[tuple[io.BytesIO, str]]:
        return [(io.BytesIO(b"a"), f"{n}.png") for n in range(count)]

    assert len(body(data={"images": files(2)}).values["images"]) == 2
    assert len(body(data={"images[]": files(1)}).values["images"]) == 1


@pytest.mark.parametrize("head", [b"", b"Content-Type: application/octet-stream\r\n"])
def test_a_file_field_left_alone_in_a_browser_is_absent(head):
    part = b'--x\r\nContent-Disposition: form-data; name="mask"; filename=""\r\n%s\r\n\r\n--x--\r\n'

    assert body(data=part % head, content_type="multipart/form-data; boundary=x").values == {}


MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'


@pytest.mark.parametrize(
    ("kind", "raw", "says"),
    [
        ("multipart/form-data", PART + b"--x--\r\n", "cut short"),
        (MULTIPART, PART, "cut short"),
        (MULTIPART, b"--x\r\nContent-Dispo", "cut short"),
        (MULTIPART, PART.replace(b'; name="a"', b"") + b"--x--\r\n", "has no name"),
        ("application/x-www-form-urlencoded", b"a=\xff", "cut short"),
    ],
)
def test_a_malformed_form_is_refused_with_what_is_wrong(kind, raw, says):
    strict = Flask("test")
    strict.request_class = SpoolingRequest

    with (
        strict.test_request_context("/", method="POST", data=raw, content_type=kind),
        pytest.raises(InvalidInput, match=says),
    ):
        read_body()


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused(raw):
    try:
        taken = body(data=raw, content_type=JSON)
    except InvalidInput:
        return
    assert isinstance(taken.values, dict)
