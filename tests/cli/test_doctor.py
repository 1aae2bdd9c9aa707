"""`appliance doctor`: each line ok, or what is wrong and what to type."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from appliance.cli.checks import box as of_box
from appliance.cli.checks import gpu, machine, worker
from appliance.cli.checks.check import Check
from appliance.core.clock import SYSTEM_CLOCK, micros
from appliance.core.ids import new_ulid
from tests.support.box import opened_box, put_model, submit
from tests.support.loras import add_character, save_lora
from tests.support.personas import move_in
from tests.support.running import Appliance, free_port

MINUTE = 60_000_000  # microseconds


def named(found: list[Check], name: str) -> Check:
    (one,) = [each for each in found if each.name == name]
    return one


def beat(box, **says: object) -> None:
    box.live.beat("worker", micros(box.clock.now()), json.dumps(says))


def test_the_command_prints_every_line_and_its_exit_status_tells(tmp_path):
    home = Appliance(tmp_path, {"APPLIANCE_SERVER__PORT": str(free_port())})
    home.command("init")

    lines = json.loads(home.command("doctor", "--json"))

    found = {line["check"]: line for line in lines}
    assert {"Python", "libraries", "memory", "disk", "port", "clock", "torch", "GPU", "worker"} <= (
        set(found)
    )
    assert all(line["ok"] for line in lines if line["needed"])
    assert found["worker"] == {
        "check": "worker",
        "ok": False,
        "needed": False,
        "says": "not running",
        "do": "appliance start",
    }

    (tmp_path / "data" / "secrets").chmod(0o644)
    with pytest.raises(AssertionError):  # exit status 1
        home.command("doctor")


def test_secrets_that_others_can_read_are_told_with_the_command(box):
    box.home.secrets.chmod(0o640)

    found = named(of_box.checks(box, deep=False), "secrets")

    assert (found.ok, found.needed, found.mark) == (False, True, "!!")
    assert found.line == f"{box.home.secrets} has the mode 0640: chmod 600 {box.home.secrets}"
    assert named(of_box.checks(box, deep=False), "data folder").ok


def test_a_missing_cut_or_changed_model_is_told_and_what_to_type(box):
    for name in ("whole", "cut", "changed"):
        put_model(box, name)
    (box.home.models / "cut" / "weights.bin").write_bytes(b"x")
    path = box.home.models / "changed" / "weights.bin"
    path.write_bytes(path.read_bytes()[:-1] + b"?")

    quick, deep = (of_box.checks(box, deep=deep) for deep in (False, True))

    assert named(quick, "model cut").line == (
        "files are missing or cut: appliance models install cut"
    )
    assert named(quick, "model changed").ok, "its size is right, and nothing more was read"
    assert named(deep, "model changed").line.startswith("changed since it was installed (weights")
    assert (named(deep, "model whole").ok, named(deep, "model whole").says) == (
        True,
        "every byte is right",
    )


def test_models_that_nobody_installed_are_one_line(box):
    for name in ("a", "b"):
        put_model(box, name, installed=False)

    assert named(of_box.checks(box, deep=False), "models").says.startswith("2 more are known")


def test_characters_and_wrong_manifests_are_looked_at(box):
    mira = save_lora({"x.lora": torch.ones(1)}, box.home.models / "loras", "mira")
    add_character(box.home.models, mira)
    add_character(box.home.models, replace(mira, id="nova", folder=Path("/nowhere")))
    (box.home.models / "characters" / "wrong.toml").write_text("title = 3")

    found = of_box.checks(box, deep=True)

    assert named(found, "character mira").ok
    assert named(found, "character nova").line.endswith("put mira.safetensors into /nowhere again")
    assert "wrong.toml" in named(found, "manifest").says


def test_a_job_that_stands_is_named_although_the_worker_beats(box, clock):
    now = micros(clock.now())
    moving, standing = new_ulid(), new_ulid()
    beat(
        box,
        jobs=[
            {"id": moving, "moved_at": now - MINUTE, "phase": "running", "step": 3, "steps": 9},
            {"id": standing, "moved_at": now - 6 * MINUTE, "phase": "loading_model", "steps": 0},
        ],
    )

    found = worker.checks(box)

    assert named(found, "worker").says == "running, heartbeat 0.0 s ago, 2 jobs in hand"
    assert named(found, f"job job_{moving}").says == "step 3 of 9, step advanced 60 s ago"
    assert named(found, f"job job_{standing}").mark == "!!"
    assert named(found, f"job job_{standing}").line == (
        f"loading_model, step advanced 6 min ago: appliance jobs cancel job_{standing}"
    )


def test_a_queue_that_waits_for_nothing_is_told(box, ada, clock):
    assert named(worker.checks(box), "queue").says == "empty"
    submit(box, ada.actor)
    clock.step(seconds=10)
    beat(box)
    assert named(worker.checks(box), "queue").line == "1 jobs wait, the oldest came 10 s ago"

    clock.step(minutes=10)
    beat(box)
    assert named(worker.checks(box), "queue").line == (
        "1 jobs wait, the oldest came 10 min ago; nothing runs: appliance jobs resume"
    )
    beat(box, jobs=[{"id": new_ulid(), "moved_at": micros(clock.now())}])
    assert named(worker.checks(box), "queue").ok


def test_models_in_memory_are_shown_with_load_time_and_peak(box):
    model = {"id": "sdxl", "memory_mb": 6900, "peak_mb": 9000, "load_s": 4.1, "idle_s": 30}
    beat(box, models=[model | {"thrift": 0}])
    assert named(worker.checks(box), "in memory: sdxl").line == (
        "6900 MB, loaded in 4.1 s, at work at most 9000 MB, last used 30 s ago"
    )

    beat(box, models=[model | {"thrift": 1}])
    found = named(worker.checks(box), "in memory: sdxl")
    assert (found.mark, "appliance models free sdxl" in found.line) == ("–", True)


def test_each_worker_of_several_has_its_lines(tmp_path):
    with opened_box(tmp_path, clock=SYSTEM_CLOCK, worker__gpus=[0, 1]) as box:
        model = {"id": "sdxl", "memory_mb": 1, "peak_mb": 2, "load_s": 3, "idle_s": 4, "thrift": 0}
        beat(box, models=[model])
        assert named(worker.checks(box), "worker-1").says == "not running"

        box.live.beat("worker-1", micros(box.clock.now()), json.dumps({"models": [model]}))

        found = worker.checks(box)
        assert named(found, "worker").ok
        assert named(found, "worker-1").ok
        assert named(found, "in memory: sdxl, GPU 0").ok
        assert named(found, "in memory: sdxl, GPU 1").ok


@pytest.fixture
def stranger() -> Iterator[int]:
    """The port of another program's web server."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_port_is_free_or_taken(tmp_path, stranger, capfd):
    for port, ok, says in ((free_port(), True, "is free"), (stranger, False, "taken by another")):
        with opened_box(tmp_path, server__port=port) as box:
            found = named(machine.checks(box), "port")
            assert (found.ok, says in found.says) == (ok, True)


def test_a_clock_that_went_back_is_told(tmp_path):
    with opened_box(tmp_path, clock=SYSTEM_CLOCK) as box:
        assert named(machine.checks(box), "clock").ok
        submit(box, move_in(box).ada.actor)
        box.db.peewee.execute_sql("UPDATE job SET created_at = created_at + ?", (180 * MINUTE,))

        found = named(machine.checks(box), "clock")

        assert not found.ok
        assert "3.0 h before what was done here already: timedatectl set-ntp true" in found.line


FACTS = {"torch": "2.13.0+cu130", "cuda": "13.0", "gpus": [], "others": {}}
CARD = {"name": "H200", "right": True, "free_mb": 90, "total_mb": 100}


@pytest.mark.parametrize(
    ("cards", "wanted", "absent"),
    [
        (0, (0,), ""),
        (1, (0,), ""),
        (2, (0, 1), ""),
        (2, (1,), ""),
        (1, (0, 1), "names 1,"),
        (0, (0, 1), "names 0, 1,"),
    ],
)
def test_gpus_that_settings_name_and_nobody_has_are_told(cards, wanted, absent):
    found = gpu.judged(FACTS | {"gpus": [CARD] * cards}, "580.65", wanted)

    says = [each.says for each in found if each.name == "worker.gpus"]
    assert [absent in each for each in says] == ([True] if absent else [])


def test_torch_and_every_gpu_are_told():
    torch_line, card = gpu.judged(FACTS | {"gpus": [CARD]}, "580.65")

    assert torch_line.says == "2.13.0+cu130, CUDA 13.0"
    assert (card.ok, card.says) == (True, "H200, driver 580.65, 90 of 100 MB free")


@pytest.mark.parametrize(
    ("gpus", "driver", "mark", "line"),
    [
        ([], "", "–", "none; models run on the CPU"),
        ([], "470.1", "!!", "there is one (driver 470.1), and torch 2.13.0+cu130 cannot use it"),
        ([CARD | {"right": False}], "580.65", "!!", "computes wrongly: update its driver"),
    ],
)
def test_a_gpu_that_cannot_be_used_is_told(gpus, driver, mark, line):
    found = named(gpu.judged(FACTS | {"gpus": gpus}, driver), "GPU")

    assert (found.mark, line in found.line) == (mark, True)


def test_a_runtime_that_does_not_agree_with_torch_on_a_cuda_says_where_it_computes():
    facts = FACTS | {"gpus": [CARD], "others": {"ctranslate2": False, "onnxruntime": True}}

    found = gpu.judged(facts, "580.65")

    assert named(found, "onnxruntime").says == "on the GPU"
    assert named(found, "ctranslate2").mark == "–"
    assert "on the CPU" in named(found, "ctranslate2").says
    assert named(gpu.judged(facts | {"gpus": []}, ""), "ctranslate2").ok


def test_the_probe_runs_a_real_process_here():
    found = gpu.checks((0,))

    assert named(found, "torch").says.startswith(torch.__version__)
    assert (
        os.environ.get("CUDA_VISIBLE_DEVICES")
        or torch.cuda.is_available()
        or (named(found, "GPU").says == "none; models run on the CPU")
    )
