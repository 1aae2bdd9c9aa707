"""--offline, piece by piece: a damaged bundle is found, and what is in it fits the machine."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from appliance.adapters.bundle import Member, write_bundle
from appliance.core.progress import silent_progress
from tests.install.script import fake, installer, sourced

FACTS = """system = "debian 12"
machine = "{machine}"
python = "3.11"
torch = "{torch}"
version = "9.9"
made = "2030-01-01T00:00:00Z"
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder of the appliance with a lock; its name has a space in it."""
    folder = tmp_path / "the studio"
    (folder / ".lock").mkdir(parents=True)
    (folder / ".lock" / "base.txt").write_text("cup==1.0\n")
    return folder


def bundle_for(here: Path, *, lock: str = "cup==1.0\n", machine: str = "") -> Path:
    """A bundle of a wheel, a model and the lock, made for this machine unless told otherwise."""
    texts = {
        "bundle.toml": FACTS.format(machine=machine or platform.machine(), torch="cpu"),
        "studio-appliance/.lock/base.txt": lock,
        "wheels/cup-1.0.whl": "a wheel" * 10000,
        "models/one/weights.bin": "weights" * 10000,
    }
    members = []
    for name, text in texts.items():
        path = here.parent / "from" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        members.append(Member(name, path))
    write_bundle(here.parent / "a.bundle", members, silent_progress())
    return here.parent / "a.bundle"


def opened(here: Path, file: Path) -> subprocess.CompletedProcess[str]:
    return sourced(
        f"HERE='{here}' BUNDLE='{here}/.bundle' OFFLINE='{file}'; open_bundle\n"
        'echo "python $BUNDLE_PYTHON, pip at $PIP_FIND_LINKS, apt by ${APT_CONFIG:-none}"'
    )


def test_a_whole_bundle_is_laid_out_without_its_models(here: Path) -> None:
    answer = opened(here, bundle_for(here))

    assert answer.returncode == 0, answer.stderr
    laid_out = here / ".bundle"
    assert (laid_out / "wheels" / "cup-1.0.whl").exists()
    assert not (laid_out / "models").exists()
    place = str(laid_out).replace(" ", "%20")
    assert f"python 3.11, pip at file://{place}/wheels, apt by none" in answer.stdout


def test_a_flipped_byte_is_found_before_anything_is_laid_out(here: Path) -> None:
    file = bundle_for(here)
    file.write_bytes(file.read_bytes().replace(b"weights", b"weighed", 1))

    answer = opened(here, file)

    assert answer.returncode == 1
    assert "models/one/weights.bin" in answer.stderr
    assert "wheels" not in answer.stderr
    assert not (here / ".bundle" / "wheels").exists()


def test_a_truncated_bundle_is_found_and_what_it_lacks_named(here: Path) -> None:
    file = bundle_for(here)
    file.write_bytes(file.read_bytes()[:80_000])

    answer = opened(here, file)

    assert answer.returncode == 1
    assert "is damaged or cut off" in answer.stderr
    assert "models/one/weights.bin" in answer.stderr


def test_a_missing_and_a_foreign_member_are_named(here: Path) -> None:
    file, other = bundle_for(here), here.parent / "other.bundle"
    with tarfile.open(file) as source, tarfile.open(other, "w") as target:
        for member in source:
            if member.name == "wheels/cup-1.0.whl":
                member.name = "wheels/mug-1.0.whl"
            target.addfile(member, source.extractfile(member))

    answer = opened(here, other)

    assert answer.returncode == 1
    assert "2 in all:\nwheels/cup-1.0.whl\nwheels/mug-1.0.whl" in answer.stderr


@pytest.mark.parametrize("data", [b"", b"no tar at all"])
def test_what_is_no_bundle_is_refused(here: Path, data: bytes) -> None:
    file = here.parent / "a.bundle"
    file.write_bytes(data)

    assert "is not a bundle" in opened(here, file).stderr


def test_a_bundle_that_is_not_there_is_refused(here: Path) -> None:
    assert "there is no such file" in opened(here, here / "nowhere.bundle").stderr


def test_a_bundle_for_another_machine_or_version_is_refused(here: Path) -> None:
    foreign = opened(here, bundle_for(here, machine="aarch64"))
    older = opened(here, bundle_for(here, lock="cup==0.9\n"))

    assert "This bundle is for aarch64" in foreign.stderr
    assert "tar -xf" in older.stderr
    assert (foreign.returncode, older.returncode) == (1, 1)


@pytest.mark.parametrize(
    ("target", "torch", "choice", "outcome"),
    [
        ("cpu", "cpu", "auto", "cpu auto"),
        ("cpu", "cpu", "cpu", "cpu cpu"),
        ("cu130", "cu130", "auto", "cu130 auto"),
        ("cpu", "cu130", "auto", "given /b/wheels"),
        ("cpu", "cu130", "cpu", "is the build cu130; what is asked for here is cpu"),
        ("cu130", "cpu", "auto", "go on without the GPU: ./install.sh --offline /f --cpu"),
        ("cu126", "cu130", "auto", "is the build cu130; what is asked for here is cu126"),
    ],
)
def test_the_torch_of_a_bundle_must_serve_the_machine(
    target: str, torch: str, choice: str, outcome: str
) -> None:
    answer = sourced(
        f"OFFLINE=/f BUNDLE=/b TARGET={target} CHOICE={choice}; fact() {{ echo {torch}; }}\n"
        "trap 'echo \"$TARGET $CHOICE; $HINT\"' EXIT; match_bundle"
    )

    assert outcome in answer.stdout + answer.stderr


def test_only_the_python_of_the_bundle_will_do(tmp_path: Path) -> None:
    here = ".".join(map(str, sys.version_info[:2]))

    assert sourced(f"BUNDLE_PYTHON={here}; fits {sys.executable}").returncode == 0
    assert sourced(f"BUNDLE_PYTHON=3.99; fits {sys.executable}").returncode == 1


def test_packages_for_another_system_are_not_used(tmp_path: Path) -> None:
    (tmp_path / "bundle.toml").write_text(FACTS.format(machine="x86_64", torch="cpu"))

    answer = sourced(
        f"BUNDLE='{tmp_path}' OFFLINE=/f APT_CONFIG=; this_system() {{ echo ubuntu 24.04; }}\n"
        "apt_install ffmpeg"
    )

    assert answer.returncode == 1
    assert "packages for debian 12 only, and this is ubuntu 24.04" in answer.stderr


def test_an_earlier_choice_of_torch_is_of_no_use_offline(tmp_path: Path) -> None:
    kept = tmp_path / "torch-choice"
    choose = f'OFFLINE=/f REMEMBERED="{kept}"; read_choice; echo "$CHOICE"'

    kept.write_text("https://index.example/whl 2.13.0\n")
    assert sourced(choose).stdout.strip() == "auto"
    kept.write_text("cpu 2.13.0\n")
    assert sourced(choose).stdout.strip() == "cpu"
    assert "leave out --torch" in sourced(f"TORCH=/w.whl; {choose}").stderr


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A bundle's folder with a .deb file, whose version has an epoch."""
    control = tmp_path / "cup" / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    control.write_text(
        "Package: studio-cup\nVersion: 1:2.0\nArchitecture: all\nMaintainer: A <a@b.example>\n"
        "Description: a cup\n"
    )
    control.parent.chmod(0o755)
    debs = tmp_path / "the bundle" / "debs"
    debs.mkdir(parents=True)
    subprocess.run(["dpkg-deb", "--build", tmp_path / "cup", debs], check=True, capture_output=True)
    return debs.parent


@pytest.mark.skipif(not shutil.which("apt-get"), reason="apt is not here")
def test_the_packages_of_a_bundle_are_apts_only_source(packages: Path) -> None:
    answer = sourced(
        f'BUNDLE=\'{packages}\'; index_debs "$BUNDLE/debs" >"$BUNDLE/debs/Packages"\n'
        "apt_from_bundle; apt-get install -s studio-cup; apt-cache policy"
    )

    assert "Inst studio-cup (1:2.0" in answer.stdout, answer.stderr
    assert "http" not in answer.stdout


def test_a_bundle_is_of_what_is_installed(tmp_path: Path) -> None:
    answer = sourced(f"PY=/nowhere/python VENV='{tmp_path}'; collect '{tmp_path}/out'")

    assert answer.returncode == 1
    assert "./install.sh first" in answer.stderr


def test_a_bundle_takes_every_package_even_those_that_are_here(tmp_path: Path) -> None:
    fake(tmp_path, "ffprobe", "true")

    wanted = sourced("COLLECTING=1 TARGET=cpu; wanted_packages", path=tmp_path).stdout.split()
    missing = sourced("COLLECTING=0 TARGET=cpu; wanted_packages", path=tmp_path).stdout.split()

    assert wanted == ["libxcb1", "libgl1", "libglib2.0-0", "ffmpeg"]
    assert "ffmpeg" not in missing


def test_a_bundle_that_is_not_there_stops_in_the_first_step() -> None:
    answer = installer("--offline", "/nowhere/a.bundle", "--test")

    assert answer.returncode == 1
    assert "Stopped in step [1/15] Bundle" in answer.stderr
