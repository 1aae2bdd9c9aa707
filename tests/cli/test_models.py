"""`appliance models`, as an operator types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hub import Hub, running_hub
from tests.support.safetensors import write_header
from tests.unit.adapters.weights.test_recognise import SDXL_LORA

MANIFEST = """
title = "Painter"
ability = "image.text_to_image"
runtime = "torch"
layout = "diffusers"
licence = "MIT"
commercial_use = true
memory_mb = 1
disk_mb = 1

[[sources]]
hub = "ada/painter"
"""
WEIGHTS = b"weights" * 1000


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub(Hub({"ada/painter": {"w.safetensors": WEIGHTS}})) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/painter.toml").write_text(MANIFEST)
    return tmp_path


@pytest.fixture
def models(home: Path, hub: Hub):
    def typed(*words: str, status: int = 0) -> str:
        environ = {"APPLIANCE_HOME": str(home), "APPLIANCE_MODELS__HUB": hub.url}
        ran = subprocess.run(
            [sys.executable, "-m", "appliance", "models", *words],
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == status, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return typed


def test_a_model_is_listed_installed_verified_and_removed(home: Path, models) -> None:
    assert "no engine yet" in models("list")
    assert models("install", "painter") == "painter: installed (hub:ada/painter)\n"
    assert models("install", "painter") == "painter: there, and right (hub:ada/painter)\n"
    (shown,) = json.loads(models("list", "--json"))
    assert (shown["installed"], shown["source"]) == (True, "hub:ada/painter")
    assert models("verify") == "painter: right\n"

    (home / "models/painter/w.safetensors").write_bytes(WEIGHTS[:-1] + b"x")

    assert "painter: damaged: w.safetensors" in models("verify", "painter", status=1)
    models("install", "painter")
    assert "w.safetensors" in models("show", "painter")
    models("remove", "painter")
    assert not (home / "models/painter").exists()


def test_files_of_this_machine_are_taken(home: Path, models) -> None:
    (home / "stick").mkdir()
    (home / "stick/w.safetensors").write_bytes(WEIGHTS)

    assert "local:" in models("install", "painter", "--from", str(home / "stick"))
    assert models("verify") == "painter: right\n"


def test_a_lora_is_imported_and_a_pickle_is_not(home: Path, models) -> None:
    write_header(home / "Mira.safetensors", SDXL_LORA)
    (home / "evil.ckpt").write_bytes(b"\x80\x04")

    assert models("import", str(home / "Mira.safetensors")) == (
        "Mira.safetensors: character mira, sdxl\n"
    )
    assert "is a pickle" in models("import", str(home / "evil.ckpt"), status=1)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("install",), "Name a model"),
        (("install", "nothing"), "There is no model 'nothing'"),
        (("show", "nothing"), "There is no model 'nothing'"),
        (("bench", "painter"), "no engine yet"),
        (("verify", "nothing"), "There is no model"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(models, words, says) -> None:
    said = models(*words, status=2 if words == ("install",) else 1)

    assert says in said
    assert "Traceback" not in said
