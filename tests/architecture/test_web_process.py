"""What the web process has loaded after it started and took a job: nothing that computes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from appliance.adapters.config import CHECKOUT

HEAVY = (
    *("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors"),
    *("cv2", "numpy", "PIL", "pillow_heif", "segno", "resvg_py"),
    *("pebble", "appliance.engines", "appliance.worker"),
)
# Against bare Flask in the same run: measured 1.6 and 5.
MOST_MEMORY, MOST_TIME = 4.0, 25.0

_MEASURED = """
import json, sys, time
from pathlib import Path
began = time.perf_counter()
{work}
seconds = time.perf_counter() - began
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps([seconds, int(status["VmRSS"].split()[0]) / 1024, sorted(sys.modules)]))
"""
_FLASK = "import flask"
# As `appliance web` does it, up to the socket.
_START = """
import appliance.cli.main
import appliance.web.serve
from appliance.cli.box import this_box
from appliance.web.app import create_app
box = this_box()
app = create_app(box)
"""
_TAKE_A_JOB = """
from appliance.core.clock import micros
from appliance.services.access import accounts, keys
account = accounts.ensure_first_account(box).account
key = keys.create_key(box, account, keys.KeyWish(name="test")).secret
box.live.beat("worker", micros(box.clock.now()))
client, headers = app.test_client(), {"x-api-key": key}
assert client.get("/openapi.json").status_code == 200
with open(sys.argv[1], "rb") as photo:
    form = {"image": (photo, "photo.png"), "width": "500", "height": "500"}
    taken = client.post(
        "/api/v1/operations/product.process", data=form, headers={**headers, "Prefer": "wait=1"}
    )
assert taken.status_code == 202, taken.text
assert client.get(taken.json["meta"]["poll_url"], headers=headers).json["data"]["outputs"] == []
"""


@dataclass(frozen=True)
class Process:
    seconds: float
    megabytes: float
    modules: frozenset[str]


def _process(work: str, home: Path, *arguments: str) -> Process:
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED.format(work=work), *arguments],
        env={**os.environ, "APPLIANCE_HOME": str(home)},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seconds, megabytes, modules = json.loads(ran.stdout.splitlines()[-1])
    return Process(seconds, megabytes, frozenset(modules))


def _heavy(process: Process) -> list[str]:
    return [name for name in HEAVY if name in process.modules]


def test_the_web_process_starts_light(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _process(_START, tmp_path)  # makes the database, and every .pyc
    flask, web = _process(_FLASK, tmp_path), _process(_START, tmp_path)

    with capsys.disabled():
        sys.stdout.write(
            f"\nweb process: {web.seconds:.2f} s, {web.megabytes:.0f} MB;"
            f" bare Flask: {flask.seconds:.2f} s, {flask.megabytes:.0f} MB\n"
        )
    assert _heavy(web) == []
    assert web.megabytes < flask.megabytes * MOST_MEMORY
    assert web.seconds < flask.seconds * MOST_TIME


def test_taking_in_a_picture_loads_nothing_that_decodes_it(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((20, 30, 3), 200, np.uint8))

    web = _process(_START + _TAKE_A_JOB, tmp_path, str(photo))

    assert _heavy(web) == []
