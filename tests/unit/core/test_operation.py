from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import pytest

from appliance.core.abilities.key import AbilityKey
from appliance.core.errors import InvalidInput, NotFound
from appliance.core.files import Facts, Kind, Upload
from appliance.core.money import Quantity
from appliance.core.operation import Catalogue, Output, RunContext, Sometimes, operation
from appliance.core.params import Accepts, Help, Length, Range

DRAW: AbilityKey[object] = AbilityKey("test.draw", "drawing")


@dataclass(frozen=True)
class Params:
    count: Annotated[int, Help("How many"), Range(1, 4)] = 1


@dataclass(frozen=True)
class Clips:
    clips: Annotated[tuple[Upload, ...], Help("Films"), Accepts(Kind.VIDEO), Length(0, 9)]
    logo: Annotated[Upload | None, Help("A picture"), Accepts(Kind.IMAGE)] = None


@dataclass(frozen=True)
class Vague:
    count: int = 1


def draw(ctx: RunContext, params: Params) -> Output:
    return Output(())


def cut(ctx: RunContext, params: Clips) -> Output:
    return Output(())


def declared(name="image.draw", run=draw, **options):
    return operation(name=name, title="Draw", output=Kind.IMAGE, **options)(run)


def test_a_declared_operation_knows_its_function_its_params_and_their_fields():
    made = declared(needs=[DRAW])

    assert (made.run, made.params, made.needs) == (draw, Params, (DRAW,))
    assert [field.name for field in made.fields] == ["count"]
    assert made.read({"count": 3}) == Params(3)
    assert made.read({"count": "3"}, lenient=True) == Params(3)
    with pytest.raises(InvalidInput):
        made.read({"count": 5})


@pytest.mark.parametrize(
    "name", ["draw", "image.Draw", "image.", ".draw", "image.draw.now", "a b.c"]
)
def test_a_name_that_is_not_place_and_verb_is_refused_at_import(name):
    with pytest.raises(TypeError, match=r"place\.verb"):
        declared(name)


@pytest.mark.parametrize("name", ["face.swap", "voice.clone", "avatar.speak", "video.face_swap"])
def test_an_operation_on_faces_and_voices_must_ask_for_consent(name):
    with pytest.raises(TypeError, match="likeness"):
        declared(name)
    assert declared(name, likeness=True).likeness


def test_a_parameter_without_help_is_refused_at_import():
    def vague(ctx: RunContext, params: Vague) -> Output:
        return Output(())

    with pytest.raises(TypeError, match="no Help"):
        declared(run=vague)


def test_what_is_asked_for_is_counted_by_count_or_by_the_operations_own_measure():
    seconds = Quantity(seconds=Decimal(5))

    assert declared().quantity(Params(3)) == Quantity(pictures=3)
    assert declared(measure=lambda _params: seconds).quantity(Params()) == seconds


def file(**facts: Any) -> Upload:
    return Upload("upl_1", Path("1"), "1.mp4", "video/mp4", Kind.VIDEO, 1, "", Facts(**facts))


def test_the_length_and_the_size_of_every_file_count():
    params = Clips((file(seconds=1.5), file(seconds=0.1)), file(width_px=2000, height_px=1500))

    quantity = declared(run=cut).quantity(params)

    assert (quantity.seconds, quantity.megapixels) == (Decimal("1.6"), Decimal(3))
    assert declared(run=cut).quantity(Clips(())) == Quantity()


def test_a_catalogue_gives_operations_by_name_and_lists_them_in_order():
    catalogue = Catalogue([declared("image.draw"), declared("image.blur")])

    assert catalogue["image.draw"].name == "image.draw"
    assert "image.blur" in catalogue
    assert "image.cut" not in catalogue
    assert [each.name for each in catalogue] == ["image.blur", "image.draw"]


def test_a_name_that_is_not_in_the_catalogue_is_answered_with_those_that_are():
    with pytest.raises(NotFound, match=r"Known: image\.draw"):
        Catalogue([declared()])["image.dwar"]


def test_two_operations_of_one_name_do_not_make_a_catalogue():
    with pytest.raises(TypeError, match=r"image\.draw"):
        Catalogue([declared(), declared()])


INK: AbilityKey[object] = AbilityKey("test.ink", "inking")
FRAME: AbilityKey[object] = AbilityKey("test.frame", "framing")


@dataclass(frozen=True)
class Perhaps:
    words: Annotated[str | None, Help("What to draw"), Length(1, 9)] = None
    model: Annotated[str | None, Help("With what"), Length(1, 9)] = None


def sketch(ctx: RunContext, params: Perhaps) -> Output:
    return Output(())


SOMETIMES = Sometimes(("words", "model"), needs=(INK,), wants=(FRAME,))


@pytest.mark.parametrize("params", [Perhaps("cat"), Perhaps(model="oil"), Perhaps("cat", "oil")])
def test_some_abilities_count_only_where_a_parameter_is_given(params):
    made = declared(run=sketch, needs=[DRAW], sometimes=SOMETIMES)

    assert made.needed(params) == (DRAW, INK)
    assert made.wanted(params) == (FRAME,)
    assert made.needed(Perhaps()) == made.needs == (DRAW,)
    assert made.wanted(Perhaps()) == ()
    assert made.abilities == (DRAW, INK, FRAME)


def test_an_operation_that_always_needs_the_same_says_so():
    made = declared(needs=[DRAW], wants=[FRAME])

    assert (made.needed(Params(2)), made.wanted(Params(2))) == ((DRAW,), (FRAME,))
    assert made.abilities == (DRAW, FRAME)


def test_abilities_for_a_parameter_that_is_not_there_are_refused_at_import():
    with pytest.raises(TypeError, match="does not have"):
        declared(sometimes=SOMETIMES)
