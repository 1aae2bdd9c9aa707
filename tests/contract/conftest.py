"""A real box whose web process is asked in this process: every operation, models, no worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.scopes import Scope
from appliance.operations import discover
from appliance.services.access import accounts, keys
from appliance.services.access.keys import KeyWish
from appliance.services.box import Box
from appliance.web.app import create_app
from tests.support.box import alive, opened_box, put_model

# So high that no limit hides what lies behind it, and nobody waits: the worker never comes.
_RATES = {
    f"rates__{name}": "1000000 per 1 minute"
    for name in (
        *("generation", "product", "management", "webhooks", "address"),
        *("studio_generate", "studio_read", "studio_upload", "studio_delete", "studio_write"),
    )
}
SETTINGS = {
    **_RATES,
    "jobs__max_pending": 1_000_000,
    "jobs__worker_stale_s": 1e9,
    "server__max_waits": 4,
    "billing__starting_credits": 10**9,
    "storage__low_water_mb": 0,
    **{f"{family}__wait_s": 0.01 for family in ("tools", "wallet", "product")},
}
_MODELS = {"painter": "image.text_to_image", "enlarger": "image.upscaler"}


def put_models(box: Box, *, installed: bool = True) -> None:
    """A model for each ability that a submission may need."""
    for name, ability in _MODELS.items():
        put_model(box, name, ability=ability, installed=installed)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    home = tmp_path_factory.mktemp("contract")
    with opened_box(home, catalogue=discover(), clock=SYSTEM_CLOCK, **SETTINGS) as box:
        put_models(box)
        alive(box)
        yield box


@pytest.fixture(scope="module")
def key(box: Box) -> str:
    account = accounts.ensure_first_account(box).account
    return keys.create_key(box, account, KeyWish(name="all", scopes=frozenset(Scope))).secret


@pytest.fixture(scope="module")
def app(box: Box) -> Iterator[Flask]:
    app = create_app(box)
    yield app
    app.extensions["waiters"].leave()
