from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from appliance.core.errors import InvalidInput
from appliance.core.params import Field, fields_of, read
from appliance.core.schema import json_schema
from tests.unit.core.test_params import FIELDS, Files, Params

SCHEMA = Draft202012Validator(json_schema(FIELDS))
SCHEMA.check_schema(SCHEMA.schema)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=5,
)
likely = {
    "text": st.text(max_size=12),
    "side": st.integers(0, 300).map(lambda n: n * 8) | st.floats(0, 3000),
    "strength": st.floats(-1, 2) | st.integers(-1, 2),
    "factor": st.integers(1, 5),
    "look": st.sampled_from(["flat", "3d", "round"]),
    "colour": st.from_regex(r"#[0-9A-F]{5,7}", fullmatch=True),
    "tile": st.booleans(),
    "seed": st.integers(-1, 2**32),
    "tags": st.lists(st.text(max_size=3), max_size=4),
}


@given(st.fixed_dictionaries({}, optional={name: v | json_values for name, v in likely.items()}))
def test_the_json_schema_and_the_reader_agree(raw):
    # Where they differ on purpose, the reader is milder: null for a default, one for a list of one.
    assume(all(value is not None or name in ("look", "seed") for name, value in raw.items()))
    assume(isinstance(raw.get("tags", []), list))
    assume("\\x00" not in repr(raw))
    valid = SCHEMA.is_valid(raw)

    try:
        read(FIELDS, raw)
    except InvalidInput:
        assert not valid
    else:
        assert valid


def test_the_schema_says_what_a_caller_needs_to_know():
    schema = json_schema(fields_of(Params) + fields_of(Files))
    side, look, image = (schema["properties"][name] for name in ("side", "look", "image"))

    assert schema["required"] == ["text", "image"]
    assert schema["additionalProperties"] is False
    assert side["description"] == "Width"
    assert (side["default"], side["multipleOf"], side["x-unit"]) == (512, 8, "px")
    assert look["type"] == ["string", "null"]
    assert look["enum"] == ["flat", "3d", None]
    assert (image["format"], image["x-kinds"]) == ("binary", ["image"])


def test_an_object_shows_its_own_fields():
    inner = fields_of(Params)[:1]
    field = Field("words", dict, "What to write", default=None, optional=True, inner=inner)

    shown = json_schema([field])["properties"]["words"]

    assert shown["type"] == ["object", "null"]
    assert [*shown["properties"]] == [inner[0].name]
    assert shown["additionalProperties"] is False
    assert shown["description"] == "What to write"
