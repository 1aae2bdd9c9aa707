"""Weights out of a bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.adapters.bundle import Member, write_bundle
from appliance.adapters.manifest_draft import weigh
from appliance.adapters.weights.bundled import from_bundle, is_bundle
from appliance.adapters.weights.faults import InstallFailed, WrongContent
from appliance.core.model import LOCK, HubSource, Model
from appliance.core.progress import silent_progress

HUB = (HubSource("studio/one"),)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A model of two files, here."""
    folder = tmp_path / "here" / "one"
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "w.safetensors").write_bytes(b"12345" * 1000)
    (folder / "model_index.json").write_bytes(b"{}")
    return Model(
        id="one",
        title="One",
        ability="image.upscaler",
        engine="",
        runtime="torch",
        layout="diffusers",
        folder=folder,
        files=weigh(folder),
        licence="MIT",
        commercial_use=True,
        memory_mb=1,
        sources=HUB,
    )


@pytest.fixture
def bundle(model: Model, tmp_path: Path) -> Path:
    """A bundle with that model and its lock."""
    (model.folder / LOCK).write_text("{}")
    names = [LOCK, *(each.name for each in model.files)]
    members = [Member(f"models/one/{name}", model.path(name)) for name in names]
    write_bundle(tmp_path / "a.bundle", members, silent_progress())
    return tmp_path / "a.bundle"


def taken(bundle: Path, model: Model, into: Path) -> object:
    return from_bundle(bundle, model, into, silent_progress())


def test_a_models_files_and_lock_are_taken_out(bundle: Path, model: Model, tmp_path: Path) -> None:
    assert taken(bundle, model, tmp_path / "there") == model.files
    assert weigh(tmp_path / "there") == model.files
    assert (tmp_path / "there" / LOCK).exists()


def test_where_nothing_is_pinned_the_files_are_those_of_the_bundle(
    bundle: Path, model: Model, tmp_path: Path
) -> None:
    assert taken(bundle, replace(model, files=()), tmp_path / "there") == model.files


def test_another_version_than_the_manifest_pins_is_refused(
    bundle: Path, model: Model, tmp_path: Path
) -> None:
    pinned = replace(model, files=(replace(model.files[0], sha256="0" * 64),))

    with pytest.raises(WrongContent, match="another version of one"):
        taken(bundle, pinned, tmp_path / "there")


def test_a_model_that_is_not_in_it_is_refused(bundle: Path, model: Model, tmp_path: Path) -> None:
    with pytest.raises(InstallFailed, match="does not hold two"):
        taken(bundle, replace(model, id="two"), tmp_path / "there")


def test_a_file_outside_the_models_folder_is_refused(model: Model, tmp_path: Path) -> None:
    astray = Member("models/one/../../evil.pth", model.path(model.files[0].name))
    write_bundle(tmp_path / "a.bundle", [astray], silent_progress())

    with pytest.raises(InstallFailed, match="outside its folder"):
        taken(tmp_path / "a.bundle", replace(model, files=()), tmp_path / "there")


def test_a_bundle_that_breaks_off_is_a_sentence(bundle: Path, model: Model, tmp_path: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:4000])

    with pytest.raises(InstallFailed, match="breaks off"):
        taken(bundle, model, tmp_path / "there")


def test_a_bundle_is_known_by_how_it_begins(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"weights")

    assert is_bundle(bundle)
    assert not is_bundle(tmp_path / "other")
