from __future__ import annotations

import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from appliance.adapters.config import SettingsError
from appliance.core.clock import SYSTEM_CLOCK
from appliance.core.operation import Catalogue
from appliance.services.box import open_box
from tests.support.box import make_box, opened_box


def test_opening_a_fresh_home_makes_folders_rows_and_secrets(tmp_path):
    with opened_box(tmp_path) as box:
        assert box.home.root == tmp_path
        assert box.db.rows("SELECT * FROM job") == []
        assert box.home.outputs.is_dir()
        assert box.settings.server.port == 8188


def test_the_link_keys_are_readable_by_the_boxs_user_only_and_stay(tmp_path):
    with opened_box(tmp_path) as one, opened_box(tmp_path) as other:
        assert one.link_keys == other.link_keys
        assert len(one.link_keys.by_kid[one.link_keys.current]) == 32
        assert stat.S_IMODE(one.home.secrets.stat().st_mode) == 0o600


def test_two_homes_sign_with_different_keys(tmp_path):
    with opened_box(tmp_path / "a") as one, opened_box(tmp_path / "b") as other:
        assert one.link_keys != other.link_keys


def test_web_and_worker_racing_for_the_secrets_agree(tmp_path):
    barrier = threading.Barrier(2)
    with opened_box(tmp_path) as box:
        for _ in range(10):
            box.home.secrets.unlink()

            def reopen(_: int) -> object:
                barrier.wait()
                again = make_box(tmp_path)
                again.db.close()
                return again.link_keys

            with ThreadPoolExecutor(2) as pool:
                one, other = pool.map(reopen, range(2))
            assert one == other
        assert not list(box.home.data.glob("secrets.*"))


def test_a_rotated_key_signs_and_the_old_one_verifies(tmp_path):
    with opened_box(tmp_path) as box:
        kept = json.loads(box.home.secrets.read_text())
    kept["links"]["k2"], kept["current"] = "ab" * 32, "k2"
    box.home.secrets.write_text(json.dumps(kept))

    with opened_box(tmp_path) as again:
        assert again.link_keys.current == "k2"
        assert set(again.link_keys.by_kid) == {"k1", "k2"}


def test_settings_that_cannot_be_used_stop_the_start_before_anything_is_made(tmp_path):
    with pytest.raises(SettingsError):
        open_box({"APPLIANCE_HOME": str(tmp_path / "new"), "APPLIANCE_X__Y": "1"}, Catalogue([]))

    assert not (tmp_path / "new").exists()


def test_a_box_tells_the_machines_time_unless_told_otherwise(tmp_path):
    box = open_box({"APPLIANCE_HOME": str(tmp_path)}, Catalogue([]))
    box.db.close()

    assert box.clock is SYSTEM_CLOCK
