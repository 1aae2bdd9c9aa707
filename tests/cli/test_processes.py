"""Which processes a box has, and with which words each begins."""

from __future__ import annotations

import click
import psutil
import pytest

from appliance.cli.processes import _processes, _station
from tests.support.running import Appliance, Client
from tests.support.tending import wait_until


def test_a_box_of_one_gpu_has_a_worker_and_a_web():
    assert [(each.name, each.words) for each in _processes((0,))] == [
        ("worker", ("worker",)),
        ("web", ("web",)),
    ]


def test_each_further_gpu_has_a_worker_of_its_own():
    assert [(each.name, each.words) for each in _processes((2, 0))] == [
        ("worker", ("worker",)),
        ("worker-0", ("worker", "--gpu", "0")),
        ("web", ("web",)),
    ]


def test_a_worker_is_the_first_unless_it_is_told_its_gpu():
    assert [_station((2, 0), gpu).name for gpu in (None, 2, 0)] == ["worker", "worker", "worker-0"]

    with pytest.raises(click.ClickException, match="does not name GPU 1, but 2, 0"):
        _station((2, 0), 1)


def lives(client: Client) -> list[bool]:
    return [each["alive"] for each in client.get("/api/v1/health").json["data"]["gpus"]]


def test_start_runs_a_worker_for_each_gpu_and_stops_them_all(tmp_path):
    appliance = Appliance(tmp_path, {"APPLIANCE_WORKER__GPUS": "[0, 1]"})
    client = appliance.start()
    try:
        wait_until(lambda: all(lives(client)), lambda: "a worker does not come up")
        begun = psutil.Process(appliance.process.pid).children(recursive=True)
    finally:
        appliance.stop()

    assert appliance.process.returncode == 0
    assert not [each for each in begun if each.is_running() and each.status() != "zombie"]
