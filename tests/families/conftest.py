"""One real appliance for all goldens: tiny pipelines and the real small weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.families.contract import Contract
from tests.families.studio import Studio
from tests.support.golden_media import write_media
from tests.support.home import furnish
from tests.support.running import Appliance


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    home = tmp_path_factory.mktemp("studio")
    furnish(home)
    appliance = Appliance(home, {"APPLIANCE_BILLING__STARTING_TEST_CREDITS": "0"})
    appliance.command("init")
    client = appliance.start()
    try:
        broke = appliance.command("keys", "create", "--test", "--name", "broke")
        admin = appliance.command("keys", "create", "--scope", "admin", "--name", "admin")
        yield Studio(appliance, client, write_media(home / "media"), broke, admin)
    finally:
        appliance.stop()


@pytest.fixture(scope="session")
def published(studio: Studio) -> Contract:
    """What this very appliance says of itself."""
    return Contract(studio.client.get("/openapi.json").json)


@pytest.fixture(scope="session")
def log(studio: Studio) -> Path:
    return studio.appliance.home / "log"
