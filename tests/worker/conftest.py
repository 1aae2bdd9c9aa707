"""A real appliance for each test that kills part of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.golden_media import write_media
from tests.support.home import furnish
from tests.support.running import Appliance, Client


@dataclass
class Running:
    appliance: Appliance
    client: Client
    media: Path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("worker")
    furnish(home)
    appliance = Appliance(home)
    client = appliance.start()
    try:
        yield Running(appliance, client, write_media(home / "media"))
    finally:
        appliance.stop()
        print((home / "log").read_text())
