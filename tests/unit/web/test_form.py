from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.operation import Catalogue
from appliance.core.params import Choice, Help, Length
from appliance.web.form import Asked, Derived, Group, irregular
from tests.support.box import OPERATIONS

CATALOGUE = Catalogue(OPERATIONS)


@dataclass(frozen=True)
class Wire:
    op: Annotated[str, Help("What to do"), Choice(("card",))]
    words: Annotated[str, Help("Words"), Length(1, 10)] = "Hi"


def shape(values):
    return Asked("test.card", {"text": values["words"]}, extra={"op": values["op"]})


def names(form):
    return [field.name for field in form.fields]


def test_a_derived_form_takes_the_operations_fields():
    form = Derived("test.card").form(CATALOGUE)

    assert names(form) == ["text", "count", "seed"]
    assert form.read({"text": "Hi", "count": "2"}, lenient=True) == Asked(
        "test.card", {"text": "Hi", "count": 2, "seed": None}
    )


def test_a_renamed_field_is_the_operations_own_inside():
    form = Derived("test.card", rename={"prompt": "text", "n": "count"}).form(CATALOGUE)

    assert names(form) == ["prompt", "n", "seed"]
    assert form.read({"prompt": "Hi", "n": 3}, lenient=False).params["count"] == 3


def test_an_error_names_the_field_as_the_caller_wrote_it():
    form = Derived("test.card", rename={"n": "count"}).form(CATALOGUE)

    with pytest.raises(InvalidInput) as caught:
        form.read({"text": "Hi", "n": 9}, lenient=False)
    assert caught.value.field == "n"
    with pytest.raises(InvalidInput) as caught:
        form.read({"text": "Hi", "count": 1}, lenient=False)
    assert caught.value.field == "count"


def test_what_a_route_changes_is_changed_there_only():
    changed = Derived("test.card", change={"count": {"default": 4}}).form(CATALOGUE)

    assert changed.read({"text": "Hi"}, lenient=False).params["count"] == 4
    assert (
        Derived("test.card").form(CATALOGUE).read({"text": "Hi"}, lenient=False).params["count"]
        == 1
    )


def test_what_is_left_out_is_not_offered_and_keeps_its_default():
    form = Derived("test.card", leave_out=("seed",)).form(CATALOGUE)

    with pytest.raises(InvalidInput, match="Unknown field 'seed'"):
        form.read({"text": "Hi", "seed": 1}, lenient=False)
    asked = form.read({"text": "Hi"}, lenient=False)
    assert CATALOGUE["test.card"].read(asked.params).seed is None


def test_a_model_that_is_named_is_told_apart():
    form = Derived("test.paint").form(CATALOGUE)

    assert form.read({"prompt": "a"}, lenient=False).model is None
    assert form.read({"prompt": "a", "model": "oil"}, lenient=False).model == "oil"


def test_an_irregular_form_checks_its_own_fields_and_shapes_them():
    form = irregular(Wire, shape)

    assert form.read({"op": "card"}, lenient=False) == Asked(
        "test.card", {"text": "Hi"}, extra={"op": "card"}
    )
    with pytest.raises(InvalidInput) as caught:
        form.read({"op": "cut"}, lenient=False)
    assert caught.value.field == "op"


@pytest.mark.parametrize("name", [each.name for each in OPERATIONS if not each.fields[0].is_file])
def test_what_a_derived_form_gives_the_operation_takes(name):
    operation = CATALOGUE[name]
    needed = {"texts": ["a"]} if name == "test.words" else {operation.fields[0].name: "a"}

    asked = Derived(name).form(CATALOGUE).read(needed, lenient=False)

    assert operation.read(asked.params)


GROUPED = Derived("test.card", groups=(Group("words", "What to say", ("text", "seed")),)).form(
    CATALOGUE
)


def test_fields_of_a_group_lie_in_one_object():
    assert names(GROUPED) == ["count", "words"]
    assert [field.name for field in GROUPED.fields[-1].inner] == ["text", "seed"]


@pytest.mark.parametrize(
    ("words", "lenient"), [({"text": "Hi", "seed": 3}, False), ('{"text": "Hi", "seed": 3}', True)]
)
def test_a_group_is_an_object_or_in_a_form_json(words, lenient):
    asked = GROUPED.read({"words": words, "count": 2}, lenient=lenient)

    assert asked.params == {"text": "Hi", "count": 2, "seed": 3}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"words": {"text": 3}}, "words.text"),
        ({"words": {"count": 1, "text": "Hi"}}, "words.count"),
        ({"words": "[1]"}, "words"),
        ({"words": "{"}, "words"),
        ({"words": "[" * 100_000}, "words"),
        ({"words": 3}, "words"),
        ({"text": "Hi"}, "text"),
        ({}, "words.text"),
    ],
)
def test_what_is_wrong_in_a_group_is_named(values, field):
    with pytest.raises(InvalidInput) as told:
        GROUPED.read(values, lenient=True)
    assert told.value.field == field


TWO = Derived(
    "test.card",
    groups=(Group("words", "What to say", ("text",)), Group("how", "How", ("count", "seed"))),
).form(CATALOGUE)


def test_there_may_be_several_groups():
    assert names(TWO) == ["words", "how"]

    asked = TWO.read({"words": {"text": "Hi"}, "how": {"count": 2}}, lenient=False)

    assert asked.params == {"text": "Hi", "count": 2, "seed": None}


def test_in_a_form_a_group_may_be_a_field_each():
    asked = TWO.read({"words[text]": "Hi", "how[count]": "2", "how[seed]": "5"}, lenient=True)

    assert asked.params == {"text": "Hi", "count": 2, "seed": 5}


@pytest.mark.parametrize(
    ("values", "lenient", "field"),
    [
        ({"words[text]": "Hi", "how[count]": "9"}, True, "how.count"),
        ({"words[text]": "Hi", "how[more]": "9"}, True, "how.more"),
        ({"words[text]": "Hi", "how[]": "9"}, True, "how."),
        ({"words[text]": "Hi", "what[seed]": "9"}, True, "what[seed]"),
        ({"words[text]": "Hi"}, False, "words[text]"),
        ({"words": {"text": "Hi"}, "how": [1]}, False, "how"),
    ],
)
def test_what_is_wrong_in_one_of_several_groups_is_named(values, lenient, field):
    with pytest.raises(InvalidInput) as told:
        TWO.read(values, lenient=lenient)
    assert told.value.field == field
