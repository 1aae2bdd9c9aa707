"""The whole of install.sh on a fresh Debian 12: what a newcomer types, the same on a second one
without a network, a repair, and leaving again.

Builds the systems with debootstrap in folders and works in them by chroot, so it needs root,
Debian's mirror and the package index. Local wheel folders named in PIP_FIND_LINKS are shown to the
first.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.install.script import ROOT
from tests.support.cut_off import attempts, cut_off

HANDED_ON = ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "https_proxy", "http_proxy")

pytestmark = [
    pytest.mark.install,
    pytest.mark.skipif(os.geteuid() != 0, reason="debootstrap and chroot need root"),
    pytest.mark.skipif(not shutil.which("debootstrap"), reason="debootstrap is not here"),
]


class FreshSystem:
    """A Debian in a folder; the appliance is in /opt/studio."""

    def __init__(self, root: Path, *, online: bool) -> None:
        self.root, self.studio, self._online = root, root / "opt/studio", online

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """What `command` gives in /opt/studio, without a terminal."""
        return subprocess.run(
            ["chroot", self.root, "/bin/bash", "-c", f"cd /opt/studio && {command}"],
            env={"HOME": "/root", "PATH": os.defpath + ":/sbin:/usr/sbin", **self._outward()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )

    def _outward(self) -> dict[str, str]:
        """What leads this machine's pip to its index."""
        if not self._online:
            return {}
        handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
        if authorities := os.environ.get("PIP_CERT"):
            shutil.copy(authorities, self.root / "etc/host-ca.crt")
            handed_on["PIP_CERT"] = "/etc/host-ca.crt"
        return handed_on


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Debian 12 with nothing but its base packages, to be copied."""
    root = tmp_path_factory.mktemp("debian")
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root], check=True)
    yield root
    shutil.rmtree(root)


@contextmanager
def _machine(
    debian: Path, name: str, shown: Sequence[str], *, online: bool
) -> Iterator[FreshSystem]:
    """A copy of the system in which folders of this machine are shown."""
    root = debian.with_name(name)
    subprocess.run(["cp", "-a", debian, root], check=True)
    with ExitStack() as mounted:
        for folder in ("/proc", "/dev", *shown):
            inside = root / folder.lstrip("/")
            inside.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", folder, inside], check=True)
            mounted.callback(subprocess.run, ["umount", "--lazy", inside], check=True)
        yield FreshSystem(root, online=online)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def system(debian: Path) -> Iterator[FreshSystem]:
    """A fresh Debian with a network, and a clone of this checkout."""
    local = os.environ.get("PIP_FIND_LINKS", "").split()
    shown = [place for place in local if Path(place).is_dir()]
    with _machine(debian, "online", shown, online=True) as fresh:
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", fresh.root / "etc" / name)
        subprocess.run(["git", "clone", "--quiet", ROOT, fresh.studio], check=True)
        yield fresh


@pytest.fixture(scope="module")
def offline(debian: Path) -> Iterator[FreshSystem]:
    """A fresh Debian with an empty /opt/studio."""
    with _machine(debian, "offline", [], online=False) as fresh:
        fresh.studio.mkdir()
        yield fresh


def test_a_newcomer_types_one_command_and_sees_the_demo(system: FreshSystem) -> None:
    ran = system.run("./install.sh --demo")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("password") == 1
    assert "image.upscale" in ran.stdout
    assert (system.studio / "data/secrets").stat().st_mode & 0o777 == 0o600


def test_a_bundle_installs_and_shows_the_demo_on_a_machine_without_a_network(
    system: FreshSystem, offline: FreshSystem
) -> None:
    made = system.run(".venv/bin/appliance bundle create ../studio.bundle")
    assert made.returncode == 0, made.stdout + made.stderr
    shutil.move(system.root / "opt/studio.bundle", offline.root / "opt")

    def story() -> tuple[str, str, subprocess.CompletedProcess[str], int]:
        devices = offline.run("cat /proc/net/dev | tail -n +3 | cut -d: -f1").stdout.strip()
        routes = offline.run("tail -n +2 /proc/net/route").stdout
        offline.run("tar -xf ../studio.bundle studio-appliance --strip-components=1")
        ran = offline.run("./install.sh --offline ../studio.bundle --demo")
        return devices, routes, ran, attempts()

    devices, routes, ran, tried = cut_off(story)

    assert (devices, routes, tried) == ("lo", "", 0)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "image.upscale" in ran.stdout


def test_a_bundle_that_was_cut_off_stops_before_anything_is_done(offline: FreshSystem) -> None:
    os.truncate(offline.root / "opt/studio.bundle", 300_000_000)

    ran = offline.run("./install.sh --offline ../studio.bundle")

    assert ran.returncode == 1
    assert "Stopped in step [1/10] Bundle" in ran.stderr
    assert "is damaged or cut off" in ran.stderr


def test_a_second_run_mends_what_was_broken(system: FreshSystem) -> None:
    site = next((system.studio / ".venv/lib").glob("python3*/site-packages"))
    shutil.rmtree(site / "flask")
    (site / "PIL/Image.py").write_text("")

    ran = system.run("./install.sh")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "to install: 2" in ran.stdout
    assert "password" not in ran.stdout


def test_a_step_that_needs_the_network_says_so_where_there_is_none(system: FreshSystem) -> None:
    shutil.rmtree(next((system.studio / ".venv/lib").glob("python3*/site-packages/flask")))

    ran = system.run("unshare --net ./install.sh")

    assert ran.returncode == 1
    assert "Stopped in step [6/9] Python packages" in ran.stderr
    assert "the network was not reachable" in ran.stderr


def test_missing_system_packages_are_named_to_who_may_not_install_them(system: FreshSystem) -> None:
    system.run("apt-get remove --yes --quiet ffmpeg")

    ran = system.run("./install.sh --no-system")

    assert ran.returncode == 1
    assert "apt-get install -y --no-install-recommends ffmpeg" in ran.stderr


def test_uninstalling_leaves_the_data_and_purging_does_not(system: FreshSystem) -> None:
    kept = system.run("./install.sh --uninstall --yes")
    data_is_kept = (system.studio / "data/appliance.db").exists()
    purged = system.run("./install.sh --uninstall --purge --yes")

    assert (kept.returncode, purged.returncode) == (0, 0)
    assert data_is_kept
    assert not (system.studio / ".venv").exists()
    assert not (system.studio / "data").exists()
    assert not system.run("git status --porcelain").stdout
