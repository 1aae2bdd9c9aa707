from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.core.errors import InvalidInput, ModelNotInstalled
from appliance.core.jobs import Lane
from appliance.core.operation import Sometimes
from appliance.services.models import known_names, resolve
from appliance.services.models.aliases import change
from tests.support.box import FRAMER, PAINTER, Card, card, opened_box, paint, put_model


@pytest.fixture
def box(tmp_path, clock):
    aliases = {"aliases__flux": "oil", "aliases__any": "default", "aliases__gone": "never-there"}
    with opened_box(tmp_path, clock=clock, **aliases) as fresh:
        yield fresh


def chosen(box, asked=None):
    return resolve(box, paint, asked).models.get(PAINTER.name)


def test_an_operation_without_needs_runs_light_without_a_model(box):
    assert resolve(box, card, None) == resolve(box, card, "whatever")
    assert resolve(box, card, None).models == {}
    assert resolve(box, card, None).lane is Lane.LIGHT


@pytest.mark.parametrize("asked", [None, "", "default", "any"])
def test_where_no_model_is_named_the_first_installed_one_answers(box, asked):
    put_model(box, "aquarelle", installed=False)
    put_model(box, "oil")
    put_model(box, "pencil")

    assert chosen(box, asked) == "oil"


def test_the_box_may_have_a_default_of_its_own(tmp_path):
    with opened_box(tmp_path, **{f"defaults__{PAINTER.name}": "pencil"}) as box:
        put_model(box, "oil")
        put_model(box, "pencil")

        assert chosen(box) == "pencil"


def test_what_only_shows_that_it_works_answers_while_there_is_nothing_better(box):
    put_model(box, "aquarelle")
    manifest = box.home.models / "aquarelle.toml"
    manifest.write_text('quality = "demo"\n' + manifest.read_text())
    assert chosen(box) == "aquarelle"

    put_model(box, "oil")

    assert chosen(box) == "oil"
    assert chosen(box, "aquarelle") == "aquarelle"


@pytest.mark.parametrize("asked", ["oil", "flux"])
def test_a_model_answers_to_its_id_and_to_its_aliases(box, asked):
    put_model(box, "oil")
    put_model(box, "aquarelle")

    assert chosen(box, asked) == "oil"


@pytest.mark.parametrize("asked", ["dalle", "gone", "OIL", "x" * 500])
def test_a_name_nobody_knows_is_refused_with_those_known(box, asked):
    put_model(box, "oil")

    with pytest.raises(InvalidInput) as caught:
        chosen(box, asked)

    assert caught.value.field == "model"
    assert "oil" in caught.value.message
    assert len(caught.value.message) < 400


def test_a_model_of_another_ability_is_not_known_here(box):
    put_model(box, "oil")
    put_model(box, "golden", ability=FRAMER.name)

    with pytest.raises(InvalidInput):
        chosen(box, "golden")


def test_a_known_model_without_weights_is_answered_with_the_command(box):
    put_model(box, "oil", installed=False)
    put_model(box, "pencil")

    with pytest.raises(ModelNotInstalled) as caught:
        chosen(box, "flux")

    assert "appliance models install oil" in caught.value.message


def test_without_any_weights_the_command_of_the_first_model_is_told(box):
    put_model(box, "oil", installed=False)

    with pytest.raises(ModelNotInstalled, match="appliance models install oil"):
        chosen(box)


def test_without_any_manifest_it_is_told_how_to_write_one(box):
    with pytest.raises(ModelNotInstalled, match="docs/operating"):
        chosen(box)


def test_half_copied_weights_do_not_count(box):
    put_model(box, "oil")
    (box.home.models / "oil" / "weights.bin").write_bytes(b"half")

    with pytest.raises(ModelNotInstalled):
        chosen(box)


def test_a_wanted_ability_is_pinned_where_a_model_is_installed(box):
    put_model(box, "oil")
    without = resolve(box, paint, None).models
    put_model(box, "golden", ability=FRAMER.name)

    assert without == {PAINTER.name: "oil"}
    assert resolve(box, paint, None).models == {PAINTER.name: "oil", FRAMER.name: "golden"}


@pytest.mark.parametrize(
    ("painter", "framer", "lane"),
    [
        ("torch", "tflite", Lane.HEAVY),
        ("tflite", "torch", Lane.HEAVY),
        ("onnx", "tflite", Lane.LIGHT),
    ],
)
def test_the_lane_is_heavy_if_any_of_its_models_needs_torch(box, painter, framer, lane):
    put_model(box, "oil", runtime=painter)
    put_model(box, "golden", ability=FRAMER.name, runtime=framer)

    assert resolve(box, paint, None).lane is lane


def test_weights_that_forbid_commerce_are_used_only_where_the_admin_allows(tmp_path):
    with opened_box(tmp_path) as box:
        put_model(box, "oil", commercial=False)
        with pytest.raises(ModelNotInstalled):
            chosen(box)
        with pytest.raises(InvalidInput):
            chosen(box, "oil")
    with opened_box(tmp_path, models__allow_non_commercial=True) as box:
        assert chosen(box) == "oil"


def test_the_names_a_caller_may_use_are_ids_and_aliases_that_lead_somewhere(box):
    put_model(box, "oil")
    names = known_names(box, PAINTER)

    assert {"oil", "flux", "any"} <= set(names)
    assert "gone" not in names
    assert list(names) == sorted(names)


def test_what_is_offered_outside_the_box_needs_no_model(box):
    from appliance.operations.models.install import install

    assert resolve(box, install, "oil") == resolve(box, card, None)


def test_a_model_without_an_engine_is_never_chosen(box):
    put_model(box, "oil", engine="nowhere.yet")

    with pytest.raises(ModelNotInstalled):
        chosen(box)
    with pytest.raises(InvalidInput):
        chosen(box, "oil")


def test_an_alias_of_a_medium_answers_for_that_medium_only(tmp_path):
    names = {"aliases__pastel": "default:test", "aliases__film": "default:video"}
    with opened_box(tmp_path, **names) as box:
        put_model(box, "oil")

        assert chosen(box, "pastel") == "oil"
        with pytest.raises(InvalidInput):
            chosen(box, "film")
        assert "film" not in known_names(box, PAINTER)
        assert "pastel" in known_names(box, PAINTER)


def test_what_an_admin_said_of_an_alias_wins(box):
    put_model(box, "oil")
    put_model(box, "pencil")

    change(box, {"flux": "pencil"})

    assert chosen(box, "flux") == "pencil"


PERHAPS = replace(
    card,
    sometimes=Sometimes(("seed",), (PAINTER,), (FRAMER,), otherwise="Without a seed none is."),
)


def test_what_needs_no_model_this_time_gets_none_and_runs_light(box):
    put_model(box, "oil")

    resolved = resolve(box, PERHAPS, None, Card("Hi"))

    assert (resolved.models, resolved.lane) == ({}, Lane.LIGHT)


def test_what_needs_one_this_time_gets_it_and_runs_where_it_must(box):
    put_model(box, "oil")

    resolved = resolve(box, PERHAPS, "flux", Card("Hi", seed=3))

    assert (resolved.models, resolved.lane) == ({PAINTER.name: "oil"}, Lane.HEAVY)


def test_where_the_model_is_missing_the_refusal_says_what_works_without(box):
    put_model(box, "oil", installed=False)

    with pytest.raises(ModelNotInstalled, match=r"models install oil.* Without a seed none is\."):
        resolve(box, PERHAPS, None, Card("Hi", seed=3))
    assert resolve(box, PERHAPS, None, Card("Hi")).models == {}
