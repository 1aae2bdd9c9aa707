"""The models a folder holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.adapters.digests import sha256_of
from appliance.adapters.manifest_draft import manifest_text, weigh
from appliance.adapters.manifests import Shelf, damaged, installed
from appliance.adapters.weight_lock import Lock, write_lock
from appliance.core.model import Model, PackageSource
from tests.support.weights import MODELS


def model_in(folder: Path, model_id: str = "one", **changes: object) -> Model:
    """A model with one file of five bytes, its manifest written beside it."""
    where = folder / model_id
    where.mkdir()
    (where / "w.bin").write_bytes(b"12345")
    facts = {
        "title": "One",
        "ability": "image.upscaler",
        "engine": "upscaling.realesrgan",
        "runtime": "torch",
        "layout": "ncnn",
        "licence": "MIT",
        "commercial_use": True,
        "memory_mb": 7,
    }
    model = Model(id=model_id, folder=where, files=weigh(where), **{**facts, **changes})  # type: ignore[arg-type]
    (folder / f"{model_id}.toml").write_text(manifest_text(model))
    return model


def test_the_shelf_lists_models_by_id(tmp_path):
    two, one = model_in(tmp_path, "two"), model_in(tmp_path, "one")

    assert Shelf(tmp_path).all() == (one, two)
    assert Shelf(tmp_path).find("two") == two
    assert Shelf(tmp_path).find("three") is None


def test_a_wrong_manifest_hides_no_other_and_is_told(tmp_path):
    one = model_in(tmp_path)
    (tmp_path / "bad.toml").write_text("title = 3")
    (tmp_path / "torn.toml").write_text("title = ")
    shelf = Shelf(tmp_path)

    assert shelf.all() == (one,)
    assert [str(fault).partition(":")[0] for fault in shelf.faults()] == [
        "bad.toml",
        "torn.toml cannot be read",
    ]


def test_a_manifest_is_read_again_only_when_it_changed(tmp_path):
    model_in(tmp_path)
    shelf = Shelf(tmp_path)
    before = shelf.all()[0]

    assert shelf.all()[0] is before
    path = tmp_path / "one.toml"
    path.write_text(path.read_text().replace("One", "Another"))
    assert shelf.all()[0].title == "Another"
    path.unlink()
    assert shelf.all() == ()


def test_a_dangling_link_is_a_fault_and_stops_nothing(tmp_path):
    (tmp_path / "gone.toml").symlink_to(tmp_path / "nowhere")

    assert len(Shelf(tmp_path).faults()) == 1


@pytest.mark.parametrize("content", [None, b"1234", b"123456"])
def test_a_model_whose_file_is_missing_cut_or_longer_is_not_installed(tmp_path, content):
    model = model_in(tmp_path)
    assert installed(model)

    (model.folder / "w.bin").unlink()
    if content is not None:
        (model.folder / "w.bin").write_bytes(content)

    assert not installed(model)


def test_a_flipped_byte_shows_in_damaged_only(tmp_path):
    model = model_in(tmp_path)
    assert damaged(model) == ()

    (model.folder / "w.bin").write_bytes(b"12346")

    assert installed(model)
    assert damaged(model) == ("w.bin",)


def test_a_folder_elsewhere_is_found(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "models").mkdir()
    model = model_in(tmp_path / "disk")
    (tmp_path / "models" / "other.toml").write_text(
        f'folder = "{model.folder}"\n' + manifest_text(model)
    )

    found = Shelf(tmp_path / "models").all()[0]

    assert found.id == "other"
    assert installed(found)


def test_every_shipped_manifest_is_right():
    shelf = Shelf(MODELS)

    assert shelf.faults() == ()
    assert {"upscale-x4plus", "upscale-video", "person-selfie"} <= {m.id for m in shelf.all()}


@pytest.mark.parametrize("model", Shelf(MODELS).all(), ids=lambda model: model.id)
def test_each_shipped_manifest_pins_what_can_be_pinned(model):
    packed = [each for each in model.sources if isinstance(each, PackageSource)]

    assert model.sources
    assert all(package.sha256 for source in packed for package in source.packages)
    lying = {each.name for each in model.brought if sha256_of(model.path(each.name)) == each.sha256}
    assert all(each.inside or each.name in lying for each in model.files) or not packed
    assert model.memory_mb
    assert model.files or model.disk_mb
    assert model.licence_note or model.commercial_use


def test_a_lock_that_appears_is_seen(tmp_path):
    text = """
        title = "Hub"
        ability = "image.upscaler"
        runtime = "torch"
        layout = "diffusers"
        licence = "MIT"
        commercial_use = true
        memory_mb = 1
        sources = [{hub = "ada/painter"}]
    """
    (tmp_path / "one.toml").write_text(text)
    shelf = Shelf(tmp_path)
    assert not installed(shelf.all()[0])

    (tmp_path / "one").mkdir()
    (tmp_path / "one/w.bin").write_bytes(b"12345")
    write_lock(tmp_path / "one", Lock("hub:ada/painter", "c", weigh(tmp_path / "one")))

    assert installed(shelf.all()[0])
    assert shelf.all()[0] is shelf.all()[0]


def test_reading_manifests_loads_no_heavy_library():
    code = (
        "import sys; from pathlib import Path; from appliance.adapters.manifests import Shelf;"
        f"assert Shelf(Path({str(MODELS)!r})).all();"
        "print([m for m in ('torch', 'numpy', 'cv2', 'PIL') if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}, check=True
    )

    assert done.stdout.strip() == "[]"
