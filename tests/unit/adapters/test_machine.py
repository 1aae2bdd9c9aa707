from __future__ import annotations

import os
from ipaddress import ip_address

import pytest

from appliance.adapters import machine
from appliance.adapters.machine import gpu_memory_mb, half_of_ram_mb, lan_address


@pytest.fixture(autouse=True)
def fresh():
    gpu_memory_mb.cache_clear()
    yield
    gpu_memory_mb.cache_clear()


@pytest.mark.parametrize(
    ("says", "megabytes"),
    [("echo 8192; echo 24576", 24576), ("echo '[N/A]'", 0), ("echo failed >&2; exit 9", 0)],
)
def test_the_largest_card_counts(tmp_path, monkeypatch, says, megabytes):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{says}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert gpu_memory_mb() == megabytes


def test_without_the_drivers_tool_there_is_no_card(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert gpu_memory_mb() == 0
    assert half_of_ram_mb() > 100


def test_the_machine_has_an_address_for_others():
    assert not ip_address(lan_address()).is_unspecified


def test_without_a_way_anywhere_it_is_its_own(monkeypatch):
    monkeypatch.setattr(machine, "_ANYWHERE", ("255.255.255.255", 9))  # needs leave to broadcast

    assert lan_address() == "127.0.0.1"
