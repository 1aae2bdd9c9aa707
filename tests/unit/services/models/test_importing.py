"""Taking in what somebody already has, in the folders other programs keep it in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from appliance.adapters.characters import Cast, intact
from appliance.adapters.manifests import damaged, installed
from appliance.core.errors import BrokenMedia, Conflict, InvalidInput, UnsupportedMedia
from appliance.core.progress import silent_progress
from appliance.services.models.importing import Terms, import_path
from tests.support.box import opened_box
from tests.support.checkpoints import save_single_file
from tests.support.pipelines import tiny_sd, tiny_sdxl
from tests.support.safetensors import write_header
from tests.unit.adapters.weights.test_recognise import SDXL_LORA

TERMS = Terms(None, "MIT", commercial_use=True)


@pytest.fixture
def box(tmp_path):
    with opened_box(tmp_path / "box") as fresh:
        fresh.home.models.mkdir()
        yield fresh


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A diffusers folder as somebody has it, with a pickle lying about."""
    where = tmp_path_factory.mktemp("disk") / "My SDXL v2"
    tiny_sdxl().save_pretrained(where, safe_serialization=True)
    (where / "notes.ckpt").write_bytes(b"pickle")
    return where


def take(box, path, terms=TERMS):
    return import_path(box, path, terms, silent_progress())


def test_a_diffusers_folder_is_linked_with_its_digests(box, folder):
    (taken,) = take(box, folder)

    model = box.shelf.find("my-sdxl-v2")
    assert taken.imported
    assert (model.folder, model.layout, model.family) == (folder, "diffusers", "sdxl")
    assert (model.licence, model.commercial_use, model.engine) == (
        "MIT",
        True,
        "diffusion.text_to_image",
    )
    assert installed(model)
    assert damaged(model) == ()
    assert "notes.ckpt" not in {each.name for each in model.files}
    assert not (box.home.models / "my-sdxl-v2").exists()


def test_what_is_imported_paints(box, folder):
    from appliance.core.abilities.text_to_image import Brief
    from appliance.engines.diffusion.text_to_image import load
    from appliance.engines.registry import CPU

    take(box, folder)
    engine = load(box.shelf.find("my-sdxl-v2"), CPU)

    picture = engine.generate(Brief("a mug", 64, 64, seed=1, steps=1), silent_progress())

    assert picture.pixels.ndim == 3


def test_a_name_that_is_taken_wants_another(box, folder):
    take(box, folder)

    with pytest.raises(Conflict, match="another --id"):
        take(box, folder)
    take(box, folder, Terms("second", "MIT", commercial_use=False))

    assert not box.shelf.find("second").commercial_use


def test_a_hub_cache_gives_its_newest_snapshot(box, folder, tmp_path):
    repo = tmp_path / "hub/models--stabilityai--tiny-sdxl"
    shutil.copytree(folder, repo / "snapshots/abc")

    take(box, tmp_path / "hub")

    assert box.shelf.find("tiny-sdxl").folder == repo / "snapshots/abc"


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    save_single_file(tiny_sd(), tmp_path / "made")
    (tmp_path / "comfy/models/checkpoints").mkdir(parents=True)
    path = tmp_path / "comfy/models/checkpoints/Old Painter.safetensors"
    (tmp_path / "made/model.safetensors").rename(path)
    return path


def test_a_checkpoint_wants_the_configuration_of_its_family(box, checkpoint):
    with pytest.raises(InvalidInput, match=r"sd15 checkpoint.*import a diffusers folder"):
        take(box, checkpoint)

    assert list(box.home.models.iterdir()) == []


def test_a_checkpoint_is_linked_beside_the_configuration_of_an_installed_model(
    box, checkpoint, tmp_path
):
    tiny_sd().save_pretrained(tmp_path / "sd", safe_serialization=True)
    take(box, tmp_path / "sd")

    take(box, checkpoint)

    model = box.shelf.find("old-painter")
    assert (model.layout, model.family) == ("single_file", "sd15")
    assert (model.folder / "model.safetensors").readlink() == checkpoint
    assert (model.folder / "config/model_index.json").exists()
    assert not list((model.folder / "config").rglob("*.safetensors"))
    assert installed(model)


def test_a_lora_becomes_a_character(box, tmp_path):
    path = write_header(tmp_path / "Mira.safetensors", SDXL_LORA)

    (taken,) = take(box, path)

    character = Cast(box.home.models).find("mira")
    assert taken.says == "character mira, sdxl"
    assert (character.base_model, character.path) == ("sdxl", path)
    assert intact(character)


def test_a_whole_comfyui_folder_tells_of_each_thing(box, checkpoint, tmp_path):
    root = tmp_path / "comfy"
    (root / "models/loras").mkdir()
    write_header(root / "models/loras/Mira.safetensors", SDXL_LORA)
    (root / "models/checkpoints/evil.ckpt").write_bytes(b"\x80\x04")

    taken = {each.name: each for each in take(box, root)}

    assert taken["Mira.safetensors"].imported
    assert "is a pickle" in taken["evil.ckpt"].says
    assert "needs the configuration" in taken["Old Painter.safetensors"].says


@pytest.mark.parametrize("name", ["a.ckpt", "a.pt", "a.pth", "a.bin"])
def test_a_pickle_is_refused_with_the_reason(box, tmp_path, name):
    (tmp_path / name).write_bytes(b"\x80\x04")

    with pytest.raises(UnsupportedMedia, match="is a pickle: opening one may run"):
        take(box, tmp_path / name)


def test_a_cut_off_file_is_refused(box, tmp_path):
    path = write_header(tmp_path / "Mira.safetensors", SDXL_LORA)
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(BrokenMedia, match="cut off"):
        take(box, path)


def test_what_is_no_model_or_only_a_part_is_refused(box, tmp_path):
    with pytest.raises(InvalidInput, match="holds no model"):
        take(box, tmp_path)
    vae = write_header(tmp_path / "vae.safetensors", {"decoder.up.0.block.0.conv1.weight": (4, 4)})
    with pytest.raises(UnsupportedMedia, match="is a part of"):
        take(box, vae)
    other = write_header(tmp_path / "what.safetensors", {"a": (1,)})
    with pytest.raises(UnsupportedMedia, match="unknown here"):
        take(box, other)
