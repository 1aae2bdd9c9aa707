"""The whole of install.sh on a fresh Debian 12: what a newcomer types, a repair, and leaving again.

Builds the system with debootstrap in a folder and works in it by chroot, so it needs root, Debian's
mirror and the package index. Local wheel folders named in PIP_FIND_LINKS are shown to it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.install.script import ROOT

HANDED_ON = ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "https_proxy", "http_proxy")

pytestmark = [
    pytest.mark.install,
    pytest.mark.skipif(os.geteuid() != 0, reason="debootstrap and chroot need root"),
    pytest.mark.skipif(not shutil.which("debootstrap"), reason="debootstrap is not here"),
]


class FreshSystem:
    """A Debian in a folder, with a clone of this checkout in /opt/studio."""

    def __init__(self, root: Path) -> None:
        self.root, self.studio = root, root / "opt/studio"

    def run(self, command: str, *, user: str = "root") -> subprocess.CompletedProcess[str]:
        """What `command` gives in /opt/studio, without a terminal."""
        handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
        return subprocess.run(
            ["chroot", self.root, "/bin/bash", "-c", f"cd /opt/studio && {command}"],
            env={"HOME": "/root", "PATH": os.defpath + ":/sbin:/usr/sbin", **handed_on}
            | self._certificates(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )

    def _certificates(self) -> dict[str, str]:
        bundle = os.environ.get("PIP_CERT")
        if not bundle:
            return {}
        shutil.copy(bundle, self.root / "etc/host-ca.crt")
        return {"PIP_CERT": "/etc/host-ca.crt"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FreshSystem]:
    """A Debian 12 with nothing but its base packages."""
    root = tmp_path_factory.mktemp("debian")
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root], check=True)
    fresh = FreshSystem(root)
    subprocess.run(["git", "clone", "--quiet", ROOT, fresh.studio], check=True)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(f"/etc/{name}", root / "etc" / name)
    local = os.environ.get("PIP_FIND_LINKS", "").split()
    with ExitStack() as mounted:
        for shown in ("/proc", "/dev", *(place for place in local if Path(place).is_dir())):
            inside = root / shown.lstrip("/")
            inside.mkdir(parents=True, exist_ok=True)
            subprocess.run(["mount", "--bind", shown, inside], check=True)
            mounted.callback(subprocess.run, ["umount", "--lazy", inside], check=True)
        yield fresh
    shutil.rmtree(root)


def test_a_newcomer_types_one_command_and_sees_the_demo(system: FreshSystem) -> None:
    ran = system.run("./install.sh --demo")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("password") == 1
    assert "image.upscale" in ran.stdout
    assert (system.studio / "data/secrets").stat().st_mode & 0o777 == 0o600


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
