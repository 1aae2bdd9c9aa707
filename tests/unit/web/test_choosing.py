from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.params import Choice, Help, Length, Range
from appliance.core.schema import json_schema
from appliance.web.choosing import Offer, choosing
from appliance.web.form import Asked, irregular


@dataclass(frozen=True)
class Bake:
    flour: Annotated[str, Help("Which"), Length(1, 20)]
    heat: Annotated[int, Help("How hot"), Range(100, 250)] = 200
    crust: Annotated[str, Help("How brown"), Choice(("pale", "dark"))] = "dark"


@dataclass(frozen=True)
class Cook:
    flour: Annotated[str, Help("Which"), Length(1, 20)]
    water: Annotated[str, Help("Whence"), Length(1, 20)]
    heat: Annotated[float, Help("How hot"), Range(20, 100)] = 80.0
    crust: Annotated[str, Help("How brown, if at all"), Choice(("pale", "dark"))] = "pale"


def shaped(name: str) -> Any:
    return lambda values: Asked(name, values)


FORM = choosing(
    {
        "bake": Offer(irregular(Bake, shaped("oven")), "bread", "kitchen.bread"),
        "cook": Offer(irregular(Cook, shaped("pot")), "soup", "kitchen.soup"),
    },
    "bake",
)


def test_the_usual_one_is_meant_where_none_is_named():
    asked = FORM.read({"flour": "rye"}, lenient=False)

    assert (asked.operation, asked.type, asked.price) == ("oven", "bread", "kitchen.bread")
    assert asked.params == {"flour": "rye", "heat": 200, "crust": "dark"}


def test_the_one_that_is_named_reads_its_own_fields():
    asked = FORM.read({"operation": "cook", "flour": "rye", "water": "well"}, lenient=True)

    assert (asked.operation, asked.type, asked.price) == ("pot", "soup", "kitchen.soup")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"operation": "fry"}, "operation"),
        ({"operation": ["bake"]}, "operation"),
        ({"flour": "rye", "water": "well"}, "water"),
        ({"operation": "cook", "flour": "rye"}, "water"),
    ],
)
def test_what_is_not_of_the_one_that_is_named_is_refused(values, field):
    with pytest.raises(InvalidInput) as told:
        FORM.read(values, lenient=False)

    assert told.value.field == field


def test_the_published_fields_are_those_of_all_and_needed_is_what_all_need():
    schema = json_schema(FORM.fields)

    assert set(schema["properties"]) == {"operation", "flour", "water", "heat", "crust"}
    assert schema["required"] == ["flour"]
    assert schema["properties"]["operation"]["enum"] == ["bake", "cook"]
    assert [way["type"] for way in schema["properties"]["heat"]["anyOf"]] == ["integer", "number"]
    assert "anyOf" not in schema["properties"]["crust"]
