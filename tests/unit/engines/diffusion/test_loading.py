"""Pipelines from folders and single files of the box, and from nothing else."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch

from appliance.core.abilities.text_to_image import Brief
from appliance.core.errors import ProcessingFailed
from appliance.core.progress import silent_progress
from appliance.engines.diffusion.loading import load_pipeline
from appliance.engines.diffusion.text_to_image import load
from appliance.engines.registry import CPU, Device
from tests.support.checkpoints import save_single_file
from tests.support.pipelines import describe


def copied(folders, tmp_path, name="sd"):
    return describe(shutil.copytree(folders[name], tmp_path / "copy"))


def test_a_folder_is_loaded_in_the_devices_precision(models):
    pipe = load_pipeline(models["flux"], Device("cpu", "bfloat16"))

    assert pipe.transformer.dtype == pipe.text_encoder_2.dtype == torch.bfloat16
    assert load_pipeline(models["flux"], CPU).vae.dtype == torch.float32


def test_a_single_file_gives_the_same_picture_as_its_folder(models, engines, tmp_path):
    folder = save_single_file(engines["sd"]._pipe, tmp_path / "single")
    single = describe(folder, layout="single_file", native=models["sd"].native)
    brief = Brief("a cat", 64, 64, seed=4)

    picture = load(single, CPU).generate(brief, silent_progress())

    assert (picture.pixels == engines["sd"].generate(brief, silent_progress()).pixels).all()


def test_a_single_file_without_its_text_encoder_is_told(engines, tmp_path):
    folder = save_single_file(engines["sd"]._pipe, tmp_path / "single", leave_out="cond_stage")

    with pytest.raises(ProcessingFailed, match="Failed to load CLIPTextModel"):
        load_pipeline(describe(folder, layout="single_file"), CPU)


def test_single_files_that_are_none_two_or_beside_pickles_are_refused(engines, tmp_path):
    folder = save_single_file(engines["sd"]._pipe, tmp_path / "single")
    (folder / "config" / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ProcessingFailed, match=r"\.bin is no \.safetensors"):
        load_pipeline(describe(folder, layout="single_file"), CPU)

    shutil.copy(folder / "model.safetensors", folder / "other.safetensors")
    (folder / "config" / "unet" / "diffusion_pytorch_model.bin").unlink()
    with pytest.raises(ProcessingFailed, match="not 2"):
        load_pipeline(describe(folder, layout="single_file"), CPU)


def test_a_folder_with_pickles_only_is_refused(folders, tmp_path):
    model = copied(folders, tmp_path)
    weights = model.folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))

    with pytest.raises(ProcessingFailed, match="copy cannot be loaded"):
        load_pipeline(model, CPU)


def test_a_missing_folder_is_not_taken_for_a_name_on_a_hub(models, tmp_path):
    with pytest.raises(ProcessingFailed, match=r"model_index.json is missing"):
        load_pipeline(replace(models["sd"], folder=tmp_path / "org" / "name"), CPU)


@pytest.mark.parametrize(
    "index",
    [
        "{",
        "[]",
        "{}",
        '{"_class_name": "os"}',
        '{"_class_name": ["mine", "Pipeline"]}',
        '{"_class_name": "StableVideoDiffusionPipeline"}',
        '{"_class_name": "AutoencoderKL"}',
    ],
)
def test_an_index_that_names_no_text_to_image_pipeline_is_refused(folders, tmp_path, index):
    model = copied(folders, tmp_path)
    (model.folder / "model_index.json").write_text(index)

    with pytest.raises(ProcessingFailed, match=r"names no pipeline|is no text-to-image pipeline"):
        load_pipeline(model, CPU)


@pytest.mark.parametrize("cut", ["unet/diffusion_pytorch_model.safetensors", "vae/config.json"])
def test_a_damaged_file_is_told_as_one_sentence(folders, tmp_path, cut):
    model = copied(folders, tmp_path)
    path = model.folder / cut
    path.write_bytes(path.read_bytes()[:-50])

    with pytest.raises(ProcessingFailed, match="copy cannot be loaded: ") as told:
        load_pipeline(model, CPU)

    assert "\n" not in str(told.value)


def test_code_inside_a_model_folder_is_not_run(folders, tmp_path):
    model = copied(folders, tmp_path)
    index = model.folder / "model_index.json"
    stated = json.loads(index.read_text())
    stated["unet"] = ["evil", "UNet"]
    index.write_text(json.dumps(stated))
    (model.folder / "unet" / "evil.py").write_text("raise SystemExit('ran')")

    with pytest.raises(ProcessingFailed):
        load_pipeline(model, CPU)
