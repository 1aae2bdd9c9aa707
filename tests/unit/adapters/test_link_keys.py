from __future__ import annotations

import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from appliance.adapters.link_keys import LinkKeys

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "secrets"


def test_keys_are_made_once_for_the_boxs_user_only(path):
    one, other = LinkKeys(path).at(NOW), LinkKeys(path).at(NOW)

    assert one == other
    assert len(one.by_kid[one.current]) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_racing_for_the_first_keys_agree(path):
    barrier = threading.Barrier(2)

    def open_keys(_):
        barrier.wait()
        return LinkKeys(path).at(NOW)

    for _ in range(10):
        path.unlink(missing_ok=True)
        with ThreadPoolExecutor(2) as pool:
            one, other = pool.map(open_keys, range(2))
        assert one == other
    assert [each.name for each in path.parent.iterdir()] == ["secrets"]


def test_a_fresh_key_signs_in_every_process_and_the_old_one_holds_for_its_life(path):
    web, cli = LinkKeys(path), LinkKeys(path)
    before = web.at(NOW)

    assert cli.rotate(NOW, WEEK) == "k2"

    after = web.at(NOW)
    assert (after.current, set(after.by_kid)) == ("k2", {"k1", "k2"})
    assert after.by_kid["k1"] == before.by_kid["k1"] != after.by_kid["k2"]
    assert set(web.at(NOW + WEEK - timedelta(seconds=1)).by_kid) == {"k1", "k2"}
    assert set(web.at(NOW + WEEK).by_kid) == {"k2"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_rotation_moves_no_end_and_forgets_what_has_ended(path):
    keys = LinkKeys(path)
    keys.rotate(NOW, WEEK)
    keys.rotate(NOW + timedelta(days=6), WEEK)
    assert set(keys.at(NOW + timedelta(days=6)).by_kid) == {"k1", "k2", "k3"}
    assert set(keys.at(NOW + WEEK).by_kid) == {"k2", "k3"}

    keys.rotate(NOW + timedelta(days=8), WEEK)

    assert set(json.loads(path.read_text())["links"]) == {"k2", "k3", "k4"}


def test_without_a_life_the_old_keys_are_gone_at_once(path):
    keys = LinkKeys(path)
    keys.rotate(NOW, timedelta())

    assert set(keys.at(NOW).by_kid) == {"k2"}


def test_a_file_from_before_rotations_is_read(path):
    path.write_text(json.dumps({"links": {"k1": "ab" * 32}, "current": "k1"}))

    assert LinkKeys(path).at(NOW).by_kid == {"k1": b"\xab" * 32}
