"""A box with one place for watching."""

from __future__ import annotations

import pytest

from appliance.web.api import events
from tests.support.box import alive, opened_box
from tests.support.personas import move_in
from tests.unit.web.api.small_app import small_app


@pytest.fixture
def watched(tmp_path, clock):
    """A box with one place for watching, its client, its desk and its people."""
    with opened_box(tmp_path, clock=clock, server__max_waits=1) as box:
        alive(box)
        app, desk = small_app(box, events.add)
        yield box, app.test_client(), desk, move_in(box)
        desk.waiters.leave()
