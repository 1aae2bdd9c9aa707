"""What other programs' folders hold."""

from __future__ import annotations

import json
import os

import pytest

from appliance.adapters.weights.finding import found_in, pipeline_family


def put(path, content: str = "x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def names(path):
    return {each.path.relative_to(path).as_posix() for each in found_in(path)}


def test_a_file_and_a_diffusers_folder_are_themselves(tmp_path):
    put(tmp_path / "a/model_index.json")
    put(tmp_path / "a/unet/w.safetensors")

    assert [each.path for each in found_in(tmp_path / "a")] == [tmp_path / "a"]
    assert found_in(tmp_path / "a")[0].is_folder
    (single,) = found_in(tmp_path / "a/unet/w.safetensors")
    assert (single.name, single.is_folder) == ("w.safetensors", False)


@pytest.mark.parametrize("shelves", [("checkpoints", "loras"), ("Stable-diffusion", "Lora")])
def test_the_shelves_of_comfyui_and_a1111_are_known(tmp_path, shelves):
    for shelf in shelves:
        put(tmp_path / "models" / shelf / "x.safetensors")
    put(tmp_path / "models" / shelves[0] / "old/evil.ckpt")
    put(tmp_path / "models/vae/not.safetensors")
    put(tmp_path / "models" / shelves[0] / "put_models_here.txt")

    assert names(tmp_path) == {
        f"models/{shelves[0]}/x.safetensors",
        f"models/{shelves[1]}/x.safetensors",
        f"models/{shelves[0]}/old/evil.ckpt",
    }


def test_any_other_folder_is_looked_through(tmp_path):
    put(tmp_path / "a.safetensors")
    put(tmp_path / "sdxl/model_index.json")
    put(tmp_path / "sdxl/unet/w.safetensors")

    assert names(tmp_path) == {"a.safetensors", "sdxl"}


def test_a_hub_cache_gives_the_newest_snapshot_of_each_model(tmp_path):
    old = put(tmp_path / "models--ada--painter/snapshots/old/model_index.json").parent
    new = put(tmp_path / "models--ada--painter/snapshots/new/model_index.json").parent
    os.utime(old, (1, 1))
    lora = put(tmp_path / "models--ben--lora/snapshots/s/mira.safetensors")

    found = {each.name: each.path for each in found_in(tmp_path)}

    assert found == {"painter": new, "lora": lora}
    assert found_in(tmp_path / "models--ben--lora")[0].path == lora


@pytest.mark.parametrize(
    ("index", "family"),
    [
        ({"_class_name": "StableDiffusionXLPipeline"}, "sdxl"),
        ({"_class_name": "WanPipeline"}, None),
        ([], None),
    ],
)
def test_a_pipelines_family_is_told_by_its_index(tmp_path, index, family):
    put(tmp_path / "model_index.json", json.dumps(index))

    assert pipeline_family(tmp_path) == family
    assert pipeline_family(tmp_path / "nowhere") is None
