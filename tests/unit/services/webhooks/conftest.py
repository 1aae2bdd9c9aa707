"""A box that may ask loopback, and a receiver there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.adapters import outbound
from appliance.services.box import Box
from appliance.services.webhooks import endpoints
from appliance.services.webhooks.endpoints import EndpointWish, Made
from tests.support.box import alive, opened_box
from tests.support.clock import FrozenClock
from tests.support.receiver import LOOPBACK, Receiver, receiving


@pytest.fixture
def box(tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Box]:
    monkeypatch.setattr(outbound, "_NEVER", ())
    monkeypatch.setattr(outbound, "own_addresses", frozenset)
    settings = {**LOOPBACK, "webhooks__timeout_s": 1.0, "webhooks__endpoints": 3}
    with opened_box(tmp_path / "box", clock=clock, **settings) as fresh:
        alive(fresh)
        yield fresh


@pytest.fixture
def receiver(clock: FrozenClock) -> Iterator[Receiver]:
    with receiving(clock) as there:
        yield there


@pytest.fixture
def made(box, ada, receiver) -> Made:
    """An endpoint of Ada's at the receiver."""
    return endpoints.create_endpoint(box, ada.account, EndpointWish(receiver.url))
