"""Models as lists show them."""

from __future__ import annotations

import pytest

from appliance.core.errors import NotFound
from appliance.services.models.listing import offer, offers
from tests.support.box import FRAMER, opened_box, put_model


@pytest.fixture
def box(tmp_path):
    with opened_box(tmp_path, aliases__flux="oil", worker__model_memory_mb=50) as fresh:
        yield fresh


def test_every_model_is_offered_with_what_it_serves(box):
    put_model(box, "oil")
    put_model(box, "golden", ability=FRAMER.name, installed=False)
    shown = {each.model.id: each for each in offers(box)}

    oil, golden = shown["oil"], shown["golden"]
    assert (oil.operations, oil.aliases, oil.state) == (("test.paint",), ("flux",), "installed")
    assert (golden.operations, golden.aliases, golden.state) == (("test.paint",), (), "absent")


def test_what_a_licence_means_is_told_in_a_word(box):
    put_model(box, "oil")
    put_model(box, "water", commercial=False)

    assert (offer(box, "oil").badge, offer(box, "oil").allowed) == ("commercial", True)
    assert (offer(box, "water").badge, offer(box, "water").allowed) == ("non-commercial", False)


def test_a_model_too_large_for_the_machine_does_not_fit(box):
    put_model(box, "oil")
    manifest = box.home.models / "oil.toml"
    assert offer(box, "oil").fits

    manifest.write_text(manifest.read_text().replace("memory_mb = 1", "memory_mb = 51"))

    assert not offer(box, "oil").fits


def test_a_model_without_an_engine_says_so(box):
    put_model(box, "oil", engine="nowhere.yet")

    assert offer(box, "oil").state == "no engine yet, installed"


def test_an_unknown_model_is_not_found(box):
    with pytest.raises(NotFound):
        offer(box, "nothing")
