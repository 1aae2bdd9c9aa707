from __future__ import annotations

import pytest

from appliance.adapters.weight_lock import Lock, read_lock, write_lock
from appliance.core.model import LOCK, WeightFile

HELD = Lock("hub:ada/painter", "c0ffee", (WeightFile("w.bin", 5, "a" * 64),))


def test_a_lock_reads_back_as_it_was_written(tmp_path):
    write_lock(tmp_path, HELD)

    assert read_lock(tmp_path) == HELD


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": [{"name": 1}]}'])
def test_a_lock_that_cannot_be_read_is_none(tmp_path, text):
    assert read_lock(tmp_path) is None

    (tmp_path / LOCK).write_text(text)

    assert read_lock(tmp_path) is None
