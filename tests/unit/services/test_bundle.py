"""What goes into a bundle, and what of it goes onto a box."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.adapters.bundle import Member, opened, write_bundle
from appliance.adapters.config import CHECKOUT
from appliance.adapters.manifest_draft import manifest_text
from appliance.adapters.manifest_file import read_manifest
from appliance.adapters.manifests import damaged, installed
from appliance.core.errors import InvalidInput, ModelNotInstalled, NotFound
from appliance.core.progress import silent_progress
from appliance.services.box import Box
from appliance.services.bundle import adopt, chosen, members, source
from appliance.services.models.installing import installer
from tests.support.box import opened_box, put_model


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A box with a starter model, another one, and one whose weights are nowhere."""
    with opened_box(tmp_path / "here") as box:
        put_model(box, "small")
        put_model(box, "large")
        put_model(box, "absent", installed=False)
        manifest = box.home.models / "small.toml"
        manifest.write_text("starter = true\n" + manifest.read_text())
        yield box


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """What install.sh would have fetched: a wheel and a package."""
    for name in ("wheels/cup.whl", "debs/cup.deb"):
        path = tmp_path / "collected" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    (tmp_path / "collected" / "facts.toml").write_text('python = "3.11"\n')
    return tmp_path / "collected"


def packed(box: Box, collected: Path, *names: str) -> Path:
    """A bundle of models, without the source."""
    found = members(box, chosen(box, names, every=False), collected)
    mine = [each for each in found if not each.name.startswith("studio-appliance/")]
    write_bundle(collected.parent / "a.bundle", mine, silent_progress())
    return collected.parent / "a.bundle"


def installed_from(bundle: Path, box: Box) -> list[str]:
    names = adopt(box, bundle)
    for name in names:
        installer(box).install(name, silent_progress(), given=bundle)
    return names


def ids(box: Box, *names: str, every: bool = False) -> list[str]:
    return [model.id for model in chosen(box, names, every=every)]


def test_the_starter_models_are_always_packed(box: Box) -> None:
    assert ids(box) == ["small"]
    assert ids(box, "large") == ["large", "small"]
    assert ids(box, every=True) == ["large", "small"]


def test_a_model_that_is_not_here_cannot_be_packed(box: Box) -> None:
    with pytest.raises(NotFound, match="'smal'"):
        ids(box, "smal")
    with pytest.raises(ModelNotInstalled, match="appliance models install absent"):
        ids(box, "absent")


def test_a_bundle_says_what_it_is(box: Box, collected: Path) -> None:
    with opened(packed(box, collected, "large")) as held:
        facts = held.facts()
        names = set(held.sums)

    assert facts["python"] == "3.11"
    assert facts["models"] == ["large", "small"]
    assert {"wheels/cup.whl", "debs/cup.deb", "models/large/weights.bin"} <= names


def test_every_tracked_file_of_the_checkout_is_in_the_source() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("no git or no checkout: nothing says which files are tracked")
    tracked = {name for name in listed.stdout.split("\0") if name and (CHECKOUT / name).exists()}
    packed = {each.name.removeprefix("studio-appliance/") for each in source(CHECKOUT)}

    assert tracked - packed == set()
    assert not [name for name in packed if name.startswith(("data/", ".venv/"))]


def test_another_box_installs_what_was_packed(box: Box, collected: Path, tmp_path: Path) -> None:
    bundle = packed(box, collected, "large")

    with opened_box(tmp_path / "there") as other:
        assert installed_from(bundle, other) == ["large", "small"]
        models = other.shelf.all()
        assert [(model.id, damaged(model)) for model in models] == [("large", ()), ("small", ())]


def test_a_model_that_lies_elsewhere_lies_in_the_models_folder_there(
    box: Box, collected: Path, tmp_path: Path
) -> None:
    model = box.shelf.find("large")
    assert model
    model.folder.rename(tmp_path / "elsewhere")
    manifest = box.home.models / "large.toml"
    manifest.write_text(manifest_text(replace(model, folder=tmp_path / "elsewhere")))
    bundle = packed(box, collected, "large")

    with opened_box(tmp_path / "there") as other:
        installed_from(bundle, other)
        found = read_manifest(other.home.models / "large.toml")
        assert found.folder == other.home.models / "large"
        assert installed(found)
        assert "folder" not in tomllib.loads((other.home.models / "large.toml").read_text())


def test_a_manifest_that_the_box_has_already_is_kept(
    box: Box, collected: Path, tmp_path: Path
) -> None:
    bundle = packed(box, collected)

    with opened_box(tmp_path / "there") as other:
        put_model(other, "small", installed=False)
        before = (other.home.models / "small.toml").read_text()
        adopt(other, bundle)
        assert (other.home.models / "small.toml").read_text() == before


def test_a_model_with_a_name_that_leads_out_is_refused(box: Box, tmp_path: Path) -> None:
    evil = [Member("models/..evil.toml", tmp_path / "evil")]
    evil[0].file.write_text("")
    write_bundle(tmp_path / "a.bundle", evil, silent_progress())

    with pytest.raises(InvalidInput, match="no possible name"):
        adopt(box, tmp_path / "a.bundle")
