"""Characters' manifests: written and read, wrong ones told by file and key."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.adapters.characters import (
    Cast,
    character_text,
    family_of,
    intact,
    present,
    read_character,
)
from appliance.adapters.manifest_table import WrongManifest
from appliance.core.character import Character
from appliance.core.model import Model, WeightFile

MANIFEST = """
title = "Mira, the guide"
base_model = "sdxl"
triggers = ["mira woman"]
licence = "CC-BY-4.0"
commercial_use = true
{rule}
[[files]]
name = "mira.safetensors"
bytes = 5
sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
"""  # of "hello"


def write(folder: Path, rule: str = "", **changes: str) -> Path:
    text = MANIFEST.format(rule=rule)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    path = folder / "mira.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "characters"
    (made / "mira").mkdir(parents=True)
    (made / "mira" / "mira.safetensors").write_bytes(b"hello")
    return made


def test_a_manifest_is_read(folder):
    mira = read_character(write(folder))

    assert (mira.id, mira.name, mira.base_model) == ("mira", "Mira, the guide", "sdxl")
    assert mira.triggers == ("mira woman",)
    assert mira.unlock_jobs == 0
    assert mira.path == folder / "mira" / "mira.safetensors"
    assert present(mira)
    assert intact(mira)


@pytest.mark.parametrize(
    ("rule", "jobs"), [("[unlock]\njobs = 25", 25), ("[unlock]\ngrant = true", None)]
)
def test_the_rule_that_unlocks_it_is_read(folder, rule, jobs):
    assert read_character(write(folder, rule)).unlock_jobs == jobs


@pytest.mark.parametrize("jobs", [0, 3, None])
def test_what_is_written_is_read_again(tmp_path, jobs):
    written = Character(
        "mira",
        'Mira "the guide" Öz',
        "flux",
        tmp_path / "elsewhere",
        WeightFile("m.safetensors", 7, "ab" * 32),
        "CC0-1.0",
        commercial_use=False,
        triggers=("mira\\woman", "ç"),
        licence_note="Ask first.",
        unlock_jobs=jobs,
    )
    path = tmp_path / "mira.toml"
    path.write_text(character_text(written), encoding="utf-8")

    assert read_character(path) == written


def test_missing_cut_and_changed_weights_are_noticed(folder):
    mira = read_character(write(folder))
    file = mira.path

    file.write_bytes(b"hellO")
    assert (present(mira), intact(mira)) == (True, False)
    file.write_bytes(b"hell")
    assert (present(mira), intact(mira)) == (False, False)
    file.unlink()
    assert (present(mira), intact(mira)) == (False, False)


@pytest.mark.parametrize(
    ("rule", "changes", "why"),
    [
        ("", {"base_model =": "base ="}, "base must be left out; known keys"),
        ("", {'"sdxl"': '""'}, "base_model must be a text"),
        ("", {'["mira woman"]': '"mira"'}, "triggers must be a list of texts"),
        ("", {"mira.safetensors": "mira.ckpt"}, "name must be the name of a .safetensors file"),
        ("", {"mira.safetensors": "../x.safetensors"}, "name must be the name of a .safetensors"),
        ("", {'"2cf2': '"XXXX'}, "sha256 must be 64 hexadecimal"),
        ("", {"[[files]]": "[files]"}, "files"),
        ("[unlock]\njobs = -1", {}, "unlock.jobs"),
        ("[unlock]\njobs = 3\ngrant = true", {}, "unlock must be either jobs = NUMBER"),
        ("[unlock]\nday = 3", {}, "unlock must be either jobs = NUMBER"),
        ("[", {}, "cannot be read"),
    ],
)
def test_a_wrong_manifest_is_told_by_file_and_key(folder, rule, changes, why):
    with pytest.raises(WrongManifest, match=r"mira\.toml") as told:
        read_character(write(folder, rule, **changes))

    assert why in str(told.value)


def test_a_name_that_is_no_id_is_told(folder):
    wrong = write(folder).rename(folder / "Mira!.toml")

    with pytest.raises(WrongManifest, match="is its id"):
        read_character(wrong)


def test_the_cast_is_who_has_a_right_manifest(folder):
    write(folder)
    (folder / "wrong.toml").write_text("title = 3")
    cast = Cast(folder.parent)

    assert [each.id for each in cast.all()] == ["mira"]
    assert [str(fault).partition(":")[0] for fault in cast.faults()] == ["wrong.toml"]
    assert cast.find("mira") is not None
    assert cast.find("wrong") is None
    assert Cast(folder / "none").all() == ()


def model(folder: Path, **changes: str) -> Model:
    made = Model(
        id="m",
        title="M",
        ability="image.text_to_image",
        engine="diffusion.text_to_image",
        runtime="torch",
        layout="diffusers",
        folder=folder,
        files=(),
        licence="MIT",
        commercial_use=True,
        memory_mb=1,
    )
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("index", "family"),
    [
        ({"_class_name": "StableDiffusionXLPipeline"}, "sdxl"),
        ({"_class_name": "FluxPipeline"}, "flux"),
        ({"_class_name": "SomethingElse"}, ""),
        ([], ""),
    ],
)
def test_a_model_s_family_is_read_off_its_folder(tmp_path, index, family):
    (tmp_path / "config").mkdir()
    for place in (tmp_path, tmp_path / "config"):
        (place / "model_index.json").write_text(json.dumps(index))

    assert family_of(model(tmp_path)) == family
    assert family_of(model(tmp_path, layout="single_file")) == family
    assert family_of(model(tmp_path, family="z-image")) == "z-image"
    assert family_of(model(tmp_path / "nowhere")) == ""
