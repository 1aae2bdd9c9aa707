"""One manifest, and what can be wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.adapters.manifest_file import read_manifest
from appliance.adapters.manifest_table import WrongManifest
from appliance.adapters.weight_lock import Lock, write_lock
from appliance.core.model import Package, PackageSource, WeightFile

RIGHT = """
title = "One"
ability = "image.upscaler"
engine = "upscaling.realesrgan"
runtime = "torch"
layout = "ncnn"
licence = "MIT"
commercial_use = true
memory_mb = 7

[source]
package = "some-package"
version = "1.0"

[[files]]
name = "a/w.bin"
inside = "pkg/w.bin"
bytes = 5
sha256 = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"

[defaults]
steps = 4
guidance = 3
sizes = [[512, 768]]

[options]
speed = 1.5
"""


def written(folder: Path, text: str, name: str = "one") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text)
    return path


def test_a_right_manifest_gives_every_fact(tmp_path):
    model = read_manifest(written(tmp_path, RIGHT))

    assert (model.id, model.title, model.memory_mb) == ("one", "One", 7)
    assert model.folder == tmp_path / "one"
    assert model.files[0].inside == ("pkg/w.bin",)
    assert (model.native.steps, model.native.guidance) == (4, 3.0)
    assert model.native.sizes == ((512, 768),)
    assert model.options == {"speed": 1.5}
    assert model.sources == (PackageSource((Package("some-package", "1.0"),)),)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('title = "One"', "", "title"),
        ('title = "One"', 'title = ""', "title"),
        ("memory_mb = 7", 'memory_mb = "7"', "memory_mb"),
        ("memory_mb = 7", "memory_mb = true", "memory_mb"),
        ("memory_mb = 7", "memory_mb = -7", "memory_mb"),
        ("commercial_use = true", "commercial_use = 1", "commercial_use"),
        ('licence = "MIT"', 'license = "MIT"', "license"),
        ("upscaling.realesrgan", "../evil", "engine"),
        ('version = "1.0"', "", "source.version"),
        ('licence = "MIT"', 'licence = "MIT"\nquality = "superb"', "quality"),
        ('licence = "MIT"', 'licence = "MIT"\ncan = "all"', "can"),
        ('licence = "MIT"', 'licence = "MIT"\nmemory = {float16 = "1"}', "memory.float16"),
        ('"pkg/w.bin"', "[1]", "files[0].inside"),
        ("some-package", "--index-url=x", "source.package"),
        ("a/w.bin", "../w.bin", "files[0].name"),
        ("a/w.bin", "/etc/w.bin", "files[0].name"),
        ("5994471a", "5994471A", "files[0].sha256"),
        ("bytes = 5", "bytes = 5.0", "files[0].bytes"),
        ("steps = 4", "steps = 4.5", "defaults.steps"),
        ("[[512, 768]]", "[512, 768]", "defaults.sizes"),
        ("speed = 1.5", "speed = [1]", "options.speed"),
        ("[[files]]", "[files]", "files"),
        ('title = "One"', 'title = "One"\nfolder = "x"', "folder"),
    ],
)
def test_a_wrong_value_is_told_by_file_and_key(tmp_path, old, new, key):
    assert old in RIGHT

    with pytest.raises(WrongManifest) as fault:
        read_manifest(written(tmp_path, RIGHT.replace(old, new)))

    assert fault.value.field == key
    assert str(fault.value).startswith(f"one.toml: {key} must be ")


def test_a_file_name_that_is_no_id_is_refused(tmp_path):
    with pytest.raises(WrongManifest, match=r"Not An Id\.toml"):
        read_manifest(written(tmp_path, RIGHT, "Not An Id"))


def test_broken_toml_is_told_with_its_line(tmp_path):
    with pytest.raises(WrongManifest, match=r"one.toml cannot be read.*line 2"):
        read_manifest(written(tmp_path, "title = 'x'\nbad\n"))


HUB = """
title = "One"
ability = "image.text_to_image"
runtime = "torch"
layout = "diffusers"
licence = "MIT"
commercial_use = true
memory_mb = 7

[[sources]]
hub = "ada/painter"
patterns = ["*.json"]
"""


def test_a_hubs_files_are_those_of_the_lock(tmp_path):
    path = written(tmp_path, HUB)
    assert read_manifest(path).files == ()
    assert read_manifest(path).engine == ""

    (tmp_path / "one").mkdir()
    file = WeightFile("model_index.json", 2, "0" * 64)
    write_lock(tmp_path / "one", Lock("hub:ada/painter", "c0ffee", (file,)))

    model = read_manifest(path)
    assert (model.files, model.installed_from, model.revision) == (
        (file,),
        "hub:ada/painter",
        "c0ffee",
    )


def test_files_are_listed_unless_a_hub_tells_them(tmp_path):
    text = HUB.replace('hub = "ada/painter"\npatterns = ["*.json"]', 'path = "/disk"')

    with pytest.raises(WrongManifest, match=r"files must be .* a hub among the sources"):
        read_manifest(written(tmp_path, text))
