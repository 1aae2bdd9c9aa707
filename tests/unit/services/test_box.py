from __future__ import annotations

import pytest

from appliance.adapters.config import SettingsError
from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.operation import Catalogue
from appliance.services.box import open_box
from tests.support.box import opened_box


def test_opening_a_fresh_home_makes_folders_rows_and_secrets(tmp_path):
    with opened_box(tmp_path) as box:
        assert box.home.root == tmp_path
        assert box.db.rows("SELECT * FROM job") == []
        assert box.home.outputs.is_dir()
        assert box.settings.server.port == 8188


def test_two_homes_sign_with_different_keys_and_one_with_the_same(tmp_path):
    with opened_box(tmp_path / "a") as one, opened_box(tmp_path / "b") as other:
        now = one.clock.now()
        assert one.link_keys.at(now) != other.link_keys.at(now)
        with opened_box(tmp_path / "a") as again:
            assert one.link_keys.at(now) == again.link_keys.at(now)


def test_settings_that_cannot_be_used_stop_the_start_before_anything_is_made(tmp_path):
    with pytest.raises(SettingsError):
        open_box({"APPLIANCE_HOME": str(tmp_path / "new"), "APPLIANCE_X__Y": "1"}, Catalogue([]))

    assert not (tmp_path / "new").exists()


def test_a_box_tells_the_machines_time_unless_told_otherwise(tmp_path):
    box = open_box({"APPLIANCE_HOME": str(tmp_path)}, Catalogue([]))
    box.db.close()

    assert box.clock is SYSTEM_CLOCK
