"""Bringing models onto the box, checking and removing them."""

from __future__ import annotations

import pytest

from appliance.core.errors import Forbidden, NotFound
from appliance.core.progress import silent_progress
from appliance.services.models.installing import (
    check_installable,
    installer,
    remove,
    set_of,
    verify,
)
from tests.support.box import opened_box, put_model
from tests.support.hub import Hub, running_hub

MANIFEST = """
title = "Painter"
ability = "image.text_to_image"
runtime = "torch"
layout = "diffusers"
licence = "MIT"
commercial_use = true
memory_mb = 1
disk_mb = 1
starter = true

[[sources]]
hub = "ada/painter"
"""


@pytest.fixture
def hub():
    with running_hub(Hub({"ada/painter": {"w.safetensors": b"weights" * 1000}})) as running:
        yield running


@pytest.fixture
def box(tmp_path, hub):
    with opened_box(tmp_path, models__hub=hub.url) as fresh:
        fresh.home.models.mkdir()
        (fresh.home.models / "painter.toml").write_text(MANIFEST)
        yield fresh


def test_a_model_is_installed_verified_and_removed_by_its_id(box):
    done = installer(box).install("painter", silent_progress())

    assert done["source"] == "hub:ada/painter"
    assert done["bytes"] == 7000
    assert verify(box, "painter") == ()
    (box.home.models / "painter/w.safetensors").write_bytes(b"x" * 7000)
    assert verify(box, "painter") == ("w.safetensors",)
    remove(box, "painter")
    assert not (box.home.models / "painter").exists()


def test_a_licence_that_is_not_accepted_is_refused_with_the_setting(box, tmp_path, hub):
    put_model(box, "water", commercial=False)

    with pytest.raises(Forbidden, match="allow_non_commercial = true"):
        check_installable(box, "water")
    with opened_box(tmp_path, models__allow_non_commercial=True) as other:
        check_installable(other, "water")


def test_an_unknown_model_is_not_found(box):
    for move in (check_installable, verify, remove):
        with pytest.raises(NotFound):
            move(box, "nothing")


def test_the_starter_set_and_all_that_come_from_packages(box):
    text = MANIFEST.replace("starter = true", "").replace(
        'hub = "ada/painter"', 'packages = [{name = "a", version = "1"}]'
    )
    file = f"[[files]]\nname = 'w'\ninside = 'w'\nbytes = 1\nsha256 = '{'0' * 64}'\n"
    (box.home.models / "packed.toml").write_text(text + file)

    assert set_of(box, starter=True, full=False) == ["painter"]
    assert set_of(box, starter=False, full=True) == ["packed"]
    assert set_of(box, starter=False, full=False) == []
