from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar

import pytest
from jsonschema import Draft202012Validator

from appliance.web.shapes import Data, Is, Page, Shapes

T = TypeVar("T")


class Colour(StrEnum):
    RED = "red"


class Mug(TypedDict):
    """A mug.

    Not a cup.
    """

    colour: Colour
    price: Annotated[float | None, "In USD", Is(minimum=0)]
    handle: NotRequired[bool]


class Shelf(TypedDict):
    mugs: list[Mug]
    below: NotRequired[Shelf]


class Pair(TypedDict, Generic[T]):
    both: tuple[T, T]


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None | int, {"type": ["null", "integer"]}),
        (Any, {}),
        (Colour, {"type": "string", "enum": ["red"]}),
        (Literal[True], {"enum": [True]}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (
            Colour | None,
            {"anyOf": [{"type": "string", "enum": ["red"]}, {"type": "null"}]},
        ),
        (Annotated[str, Is(format="uri")], {"type": "string", "format": "uri"}),
    ],
)
def test_a_type_has_its_schema(hint, schema):
    assert Shapes().schema(hint) == schema


def test_a_typed_dict_is_named_and_referred_to():
    shapes = Shapes()

    assert shapes.schema(Mug) == {"$ref": "#/components/schemas/Mug"}
    assert shapes.named["Mug"] == {
        "type": "object",
        "properties": {
            "colour": {"type": "string", "enum": ["red"]},
            "price": {"type": ["number", "null"], "description": "In USD", "minimum": 0},
            "handle": {"type": "boolean"},
        },
        "required": ["colour", "price"],
        "description": "A mug.",
    }


def test_a_shape_may_hold_itself():
    shapes = Shapes()
    shapes.schema(Shelf)

    judge = Draft202012Validator(
        {"$ref": "#/components/schemas/Shelf", "components": {"schemas": shapes.named}}
    )
    assert judge.is_valid({"mugs": [], "below": {"mugs": [{"colour": "red", "price": None}]}})
    assert not judge.is_valid({"mugs": [], "below": {"mugs": [{"colour": "blue", "price": 1}]}})


def test_a_filled_form_is_named_after_what_fills_it():
    shapes = Shapes()

    assert shapes.schema(Data[list[Mug]]) == {"$ref": "#/components/schemas/MugListData"}
    assert shapes.schema(Page[Mug]) == {"$ref": "#/components/schemas/MugPage"}
    assert shapes.named["MugPage"]["properties"]["data"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Mug"},
    }
    assert shapes.named["MugPage"]["required"] == ["data", "meta"]


def test_two_shapes_of_one_name_are_refused():
    other = TypedDict("Mug", {"size": int})  # noqa: UP013  the very name of the other
    shapes = Shapes()
    shapes.schema(Mug)

    with pytest.raises(TypeError, match="two shapes are called Mug"):
        shapes.schema(other)


@pytest.mark.parametrize("hint", [bytes, tuple[int, int], Pair[int], object])
def test_what_no_reply_is_made_of_is_refused(hint):
    with pytest.raises(TypeError):
        Shapes().schema(hint)
