from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload
from appliance.core.params import (
    Accepts,
    Choice,
    Help,
    Length,
    Multiple,
    Pattern,
    Prompt,
    Range,
    Unit,
    fields_of,
    read,
)

PHOTO = Upload("upl_1", Path("photo"), "photo.png", "image/png", Kind.IMAGE, 3, "00")


@dataclass(frozen=True)
class Params:
    """One parameter of every sort and mark."""

    text: Annotated[str, Help("Words"), Length(1, 10), Prompt()]
    side: Annotated[int, Help("Width"), Range(64, 2048), Multiple(8), Unit("px")] = 512
    strength: Annotated[float, Help("How strong"), Range(0.0, 1.0)] = 0.5
    factor: Annotated[int, Help("Times larger"), Choice((2, 4))] = 2
    look: Annotated[str | None, Help("Look"), Choice(("flat", "3d"))] = None
    colour: Annotated[str, Help("Colour"), Pattern("#[0-9A-F]{6}", "such as #FFFFFF")] = "#FFFFFF"
    tile: Annotated[bool, Help("Whether it repeats")] = False
    seed: Annotated[int | None, Help("Seed"), Range(0, 2**32 - 1)] = None
    tags: Annotated[tuple[str, ...], Help("Tags"), Length(1, 3)] = ("a",)


@dataclass(frozen=True)
class Files:
    """Files."""

    image: Annotated[Upload, Help("Main"), Accepts(Kind.IMAGE)]
    mask: Annotated[Upload | None, Help("Mask"), Accepts(Kind.IMAGE)] = None
    extra: Annotated[tuple[Upload, ...], Help("More"), Accepts(Kind.IMAGE, Kind.VIDEO)] = ()


FIELDS = fields_of(Params)
NEEDED = {"text": "hello"}


def value_of(name: str, given: object, *, lenient: bool = False) -> Any:
    return read(FIELDS, NEEDED | {name: given}, lenient=lenient)[name]


def refused(raw: dict[str, object], *, lenient: bool = False) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read(FIELDS, raw, lenient=lenient)
    return caught.value


def test_absent_parameters_get_their_defaults():
    absent = dict(look=None, seed=None, tile=False, tags=("a",), colour="#FFFFFF")  # noqa: C408

    given = read(FIELDS, NEEDED)

    assert given == {**NEEDED, "side": 512, "strength": 0.5, "factor": 2, **absent}


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("text", "ñ" * 10, "ñ" * 10),
        ("text", " ", " "),
        ("side", 64, 64),
        ("side", 2048, 2048),
        ("side", 512.0, 512),
        ("strength", 0, 0.0),
        ("strength", 1, 1.0),
        ("factor", 4, 4),
        ("look", "3d", "3d"),
        ("look", None, None),
        ("colour", "#00FF00", "#00FF00"),
        ("tile", True, True),
        ("seed", 0, 0),
        ("seed", 2**32 - 1, 2**32 - 1),
        ("tags", ["a", "b"], ("a", "b")),
        ("tags", "a", ("a",)),
    ],
)
def test_good_values_are_kept(name, given, kept):
    value = value_of(name, given)

    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *(("text", bad) for bad in ("", "x" * 11, 5, True, None, ["a"], {}, b"bytes")),
        *(("text", bad) for bad in ("a\x00b", "\ud800", "ok\udfff")),
        *(("side", bad) for bad in (63, 2049, 65, 512.5, "512", True, False, [], "", {})),
        *(("side", bad) for bad in (10**30, -(10**30), 10**400, math.inf, -math.inf, math.nan)),
        *(("side", bad) for bad in (1e300, -0.5, 1e-9)),
        *(("strength", bad) for bad in (-0.001, 1.001, math.nan, math.inf, -math.inf)),
        *(("strength", bad) for bad in (10**400, True, "0.5", [], {})),
        *(("factor", bad) for bad in (3, 0, True, "2", math.nan, 10**400, 2.5, [2])),
        *(("look", bad) for bad in ("round", "", 3, True, ["3d"], "FLAT")),
        *(("colour", bad) for bad in ("#fff", "#FFFFFF\n", "x#FFFFFF", "#FFFFFF#FFFFFF", 0)),
        *(("tile", bad) for bad in (1, 0, "true", "", [], 1.0)),
        *(("seed", bad) for bad in (-1, 2**32, "0", True)),
        *(("tags", bad) for bad in ([], ["a"] * 4, [5], [None], ["\x00"], [["a"]], {"a": 1})),
    ],
)
def test_a_bad_value_is_refused_by_name(name, given):
    error = refused(NEEDED | {name: given})

    assert error.field == name
    assert error.message.startswith(name)
    error.message.encode()


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("side", "512", 512),
        ("side", " 512 ", 512),
        ("side", "", 512),
        ("strength", "0.25", 0.25),
        ("strength", "1", 1.0),
        ("factor", "4", 4),
        *(("tile", word, True) for word in ("true", "True", "1", "on", "YES")),
        *(("tile", word, False) for word in ("false", "0", "off", "no")),
        ("tile", "", False),
        ("look", "", None),
        ("factor", "", 2),
        ("seed", "7", 7),
        ("seed", "", None),
        ("tags", ["a", "b"], ("a", "b")),
        ("text", "5", "5"),
        ("side", 512, 512),
    ],
)
def test_forms_and_command_lines_may_send_text(name, given, kept):
    value = value_of(name, given, lenient=True)

    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *(("side", bad) for bad in ("five", "0x40", "64.5", "512px", "1e3", "9" * 5000, "NaN")),
        *(("strength", bad) for bad in ("nan", "inf", "-inf", "1e999", "half", "0,5", "9" * 5000)),
        *(("factor", bad) for bad in ("3", "two", "02x")),
        *(("tile", bad) for bad in ("maybe", "2", "truee")),
        *(("seed", bad) for bad in ("-1", "4294967296", "abc")),
        ("text", ""),
        ("look", "round"),
    ],
)
def test_text_that_is_no_such_value_is_refused_by_name(name, given):
    assert refused(NEEDED | {name: given}, lenient=True).field == name


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("side", "512" + " " * 17 + "and more"),
        ("side", "0" * 17 + "5120"),
        ("strength", "0.5" + "0" * 37 + "garbage"),
        ("strength", "0.25" + " " * 36 + "1"),
    ],
)
def test_a_number_in_text_is_read_to_its_end(name, given):
    # "00000000000000000" + "5120" is 5120: whatever is cut off must not make another number of it.
    assert refused(NEEDED | {name: given}, lenient=True).field == name


def test_an_empty_text_is_no_choice_in_json():
    assert refused(NEEDED | {"look": ""}).field == "look"


def test_a_missing_parameter_is_named_with_what_it_is():
    error = refused({})

    assert error.field == "text"
    assert "Words" in error.message
    assert "64 and 2048 px" in refused(NEEDED | {"side": 0}).message


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("name", ["sied", "Text", "", "\ud800", "x" * 10_000])
def test_an_unknown_field_is_refused_with_the_known_ones(name, lenient):
    error = refused({**NEEDED, name: 1}, lenient=lenient)

    assert "strength" in error.message
    assert len(error.message) < 400
    error.message.encode()


def test_files_are_taken_as_uploads_only():
    taken = read(fields_of(Files), {"image": PHOTO, "extra": [PHOTO, PHOTO]})

    assert taken == {"image": PHOTO, "mask": None, "extra": (PHOTO, PHOTO)}
    for bad in ("upl_1", b"png", None, 7, {"file": "upl_1"}):
        with pytest.raises(InvalidInput) as caught:
            read(fields_of(Files), {"image": bad})
        assert caught.value.field == "image"


def test_an_empty_file_field_of_a_form_is_absent():
    assert read(fields_of(Files), {"image": PHOTO, "mask": ""}, lenient=True)["mask"] is None


@pytest.mark.parametrize("type_", [dict, list[str], bytes, int | str, tuple[int, int]])
def test_a_type_nothing_can_be_derived_from_is_refused_at_import(type_):
    annotations = {"odd": Annotated[type_, Help("Odd"), Length(1, 2), Range(1, 2)]}
    params = dataclass(type("P", (), {"__annotations__": annotations}))

    with pytest.raises(TypeError, match="odd"):
        fields_of(params)


@pytest.mark.parametrize(
    ("hint", "says"),
    [
        (Annotated[int, Range(1, 2)], "no Help"),
        (int, "no Help"),
        (Annotated[int, Help("N")], "without Range"),
        (Annotated[float, Help("N")], "without Range"),
        (Annotated[str, Help("N")], "without Length"),
        (Annotated[Upload, Help("N")], "without Accepts"),
    ],
)
def test_an_incomplete_declaration_is_refused_at_import(hint, says):
    params = dataclass(type("P", (), {"__annotations__": {"it": hint}}))

    with pytest.raises(TypeError, match=says):
        fields_of(params)
