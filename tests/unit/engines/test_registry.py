"""Engines by name."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from appliance.adapters.manifests import Shelf
from appliance.engines import registry
from tests.support.weights import MODELS


def test_every_file_that_declares_an_engine_is_named():
    assert {"diffusion.text_to_image", "matting.selfie", "upscaling.realesrgan"} <= set(
        registry.names()
    )
    assert "upscaling.tiles" not in registry.names()


@pytest.mark.parametrize("name", registry.names())
def test_each_engine_calls_itself_what_its_file_is_called(name):
    assert registry.engine(name).name == name


@pytest.mark.parametrize("name", ["nowhere.nothing", "upscaling.tiles", "", "os.path"])
def test_an_unknown_engine_is_told_with_those_there_are(name):
    with pytest.raises(LookupError, match="known: diffusion"):
        registry.engine(name)


# Some are shipped for engines to come.
RUNNABLE = [model for model in Shelf(MODELS).all() if model.engine in registry.names()]


@pytest.mark.parametrize("model", RUNNABLE, ids=lambda model: model.id)
def test_each_shipped_manifest_says_what_its_engine_says(model):
    declared = registry.engine(model.engine)

    assert (model.ability, model.runtime) == (declared.ability.name, declared.runtime)
    assert model.layout in declared.layouts


def test_a_light_engine_loads_no_torch_and_keeps_libraries_off_the_network():
    code = (
        "import os, sys; from appliance.engines import pool, registry;"
        "registry.names(); registry.engine('matting.selfie');"
        "print('torch' in sys.modules, os.environ['HF_HUB_OFFLINE'])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=True
    )

    assert done.stdout.split() == ["False", "1"]
