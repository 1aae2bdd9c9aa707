"""The systemd units: whole, accepted by systemd, and hardened without shutting CUDA out."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.install.script import ROOT, installer, sourced


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that --service --print wrote."""
    folder = tmp_path_factory.mktemp("units")
    assert installer("--service", "--print", str(folder)).returncode == 0
    return folder


def settings(unit: Path) -> dict[str, str]:
    lines = [line for line in unit.read_text().splitlines() if re.match(r"[A-Z]\w*=", line)]
    return dict(line.split("=", 1) for line in lines)


def test_nothing_is_left_to_fill_in(units: Path) -> None:
    for unit in units.iterdir():
        assert not re.search(r"^[^#]*@[A-Z_]+@", unit.read_text(), re.MULTILINE), unit.name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")
def test_systemd_accepts_the_units(units: Path) -> None:
    checked = subprocess.run(
        ["systemd-analyze", "verify", *units.iterdir()], capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_worker_may_use_the_gpu_and_the_web_may_not(units: Path) -> None:
    worker = settings(units / "appliance-worker.service")
    web = settings(units / "appliance-web.service")

    assert worker["DeviceAllow"] == "char-nvidia* rw"
    assert not {"PrivateDevices", "MemoryDenyWriteExecute"} & worker.keys()
    assert web["PrivateDevices"] == "yes"


def test_a_further_gpu_has_a_worker_that_differs_in_its_command_alone(units: Path) -> None:
    first = settings(units / "appliance-worker.service")
    further = settings(units / "appliance-worker@.service")

    assert further.pop("ExecStart") == f"{first.pop('ExecStart')} --gpu %i"
    assert further.pop("Description") == f"{first.pop('Description')} of GPU %i"
    assert further == first


@pytest.mark.parametrize(("gpus", "further"), [("[0]", []), ("[2, 0, 1]", ["0", "1"])])
def test_the_units_are_those_of_the_gpus_that_settings_name(
    tmp_path: Path, gpus: str, further: list[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "config.toml").write_text(f"[worker]\ngpus = {gpus}\n")

    said = sourced(f"HERE={tmp_path} service_units")

    assert (said.returncode, said.stdout.split()) == (
        0,
        [
            *("appliance-web.service", "appliance-worker.service"),
            *(f"appliance-worker@{gpu}.service" for gpu in further),
        ],
    )


@pytest.mark.parametrize("process", ["web", "worker"])
def test_both_run_the_command_as_the_user_of_the_service(units: Path, process: str) -> None:
    unit = settings(units / f"appliance-{process}.service")

    assert unit["ExecStart"] == f"{ROOT}/.venv/bin/appliance {process}"
    assert unit["User"] == "studio-appliance"
    assert unit["ReadWritePaths"] == f"{ROOT}/data {ROOT}/models"
