"""The container's files, read: nothing here can build or run them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from appliance.adapters.config import load_settings
from appliance.adapters.home import home_of
from appliance.cli.main import main
from tests.install.script import ROOT

FOLDER = ROOT / "appliance" / "docs" / "container"
INSIDE = "/opt/appliance"


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    text = (FOLDER / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line]  # type: ignore[misc]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return loaded


def of(steps: list[tuple[str, str]], name: str) -> list[str]:
    return [rest for instruction, rest in steps if instruction == name]


def test_every_instruction_is_one_that_docker_knows(steps) -> None:
    known = ["FROM", "RUN", "WORKDIR", "ENV", "COPY", "ARG"]
    known += ["USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"]

    assert {name for name, _rest in steps} == set(known)
    assert steps[0][0] == "FROM"


def test_what_is_copied_is_here_and_not_ignored(steps) -> None:
    ignored = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
    let_in = {line[1:].partition("/")[0] for line in ignored if line.startswith("!")}
    copied = [source for rest in of(steps, "COPY") for source in shlex.split(rest)[:-1]]

    assert "*" in ignored
    assert set(copied) == let_in
    assert all((ROOT / source).exists() for source in copied)


def test_it_needs_the_system_packages_that_the_installation_needs(steps) -> None:
    wanted = re.search(r"wanted_packages\(\).*?\n}", (ROOT / "install.sh").read_text(), re.DOTALL)
    assert wanted
    packages = set(re.findall(r"^  need ([\w.-]+)", wanted[0], re.MULTILINE))
    installed = re.search(r"--no-install-recommends ([\w .-]+?) +&&", of(steps, "RUN")[0])
    assert installed

    assert set(installed[1].split()) == packages


def test_torch_is_the_locked_one_of_a_known_build(steps) -> None:
    builds = {line.split()[0] for line in _lock("cuda.txt") if line[0] != "#"} | {"cpu"}
    gpu = yaml.safe_load((FOLDER / "compose.gpu.yaml").read_text())

    assert len(_lock("cpu.txt")) == 1, "the Dockerfile writes the build behind the one line"
    assert of(steps, "ARG") == ["TORCH=cpu"]
    assert gpu["services"]["web"]["build"]["args"]["TORCH"] in builds


def _lock(name: str) -> list[str]:
    return (ROOT / ".lock" / name).read_text().split("\n")[:-1]


def test_it_runs_as_nobody_special(steps, compose) -> None:
    (user,) = of(steps, "USER")

    assert int(user) > 1000
    assert [name for name, _rest in steps].index("USER") > len(of(steps, "RUN"))
    for service in compose["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service


def test_the_two_processes_are_those_of_the_command(compose) -> None:
    commands = {name: each["command"] for name, each in compose["services"].items()}

    assert commands == {"web": ["appliance", "web"], "worker": ["appliance", "worker"]}
    assert all(words[1] in main.commands for words in commands.values())


def test_both_processes_keep_data_and_models_in_volumes(steps, compose, tmp_path) -> None:
    home = home_of(tmp_path, load_settings(tmp_path, {}))
    places = [f"{INSIDE}/{place.relative_to(tmp_path)}" for place in (home.data, home.models)]

    assert of(steps, "WORKDIR") == [INSIDE]
    assert yaml.safe_load(of(steps, "VOLUME")[0]) == places
    for service in compose["services"].values():
        assert [each.partition(":")[2] for each in service["volumes"]] == places
    assert set(compose["volumes"]) == {"data", "models"}


def test_its_settings_are_settings_and_its_port_is_the_box_s(steps, compose, tmp_path) -> None:
    for service in compose["services"].values():
        settings = load_settings(tmp_path, service["environment"])
        assert settings.server.lan, "inside a container, its own address would reach nobody"
    port = str(settings.server.port)
    assert of(steps, "EXPOSE") == [port]
    assert compose["services"]["web"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f":{port}/health'" in of(steps, "HEALTHCHECK")[0]


@pytest.mark.skipif(not shutil.which("hadolint"), reason="hadolint is not here")
def test_hadolint_finds_nothing() -> None:
    found = subprocess.run(
        ["hadolint", str(FOLDER / "Dockerfile")],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )

    assert (found.returncode, found.stdout) == (0, "")
