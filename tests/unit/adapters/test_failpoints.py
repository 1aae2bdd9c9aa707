from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from appliance.adapters import failpoints
from appliance.adapters.config import CHECKOUT
from appliance.adapters.failpoints import VARIABLE, Point, reach

GO = "from appliance.adapters.failpoints import Point, reach; reach(Point.CLAIM_COMMITTED)"


def go(folder):
    environ = {**os.environ, VARIABLE: str(folder)}
    ran = subprocess.run([sys.executable, "-c", GO], env=environ, check=False)
    return ran.returncode


def test_a_process_dies_once_for_each_death_owed_at_the_point(tmp_path):
    for name in ("claim.committed.1", "claim.committed.2", "claim.committing.1"):
        (tmp_path / name).touch()

    assert [go(tmp_path) for _ in range(3)] == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert [each.name for each in tmp_path.iterdir()] == ["claim.committing.1"]


def test_a_folder_that_owes_nothing_or_is_not_there_lets_go_on(tmp_path):
    assert go(tmp_path) == go(tmp_path / "nowhere") == 0


@pytest.mark.parametrize("point", Point)
def test_nothing_happens_unless_it_is_asked_for(point):
    assert failpoints._FOLDER is None
    reach(point)


def test_every_point_is_reached_by_one_line_of_the_code():
    sources = [each.read_text("utf-8") for each in (CHECKOUT / "appliance").rglob("*.py")]
    code = "\n".join(sources)
    reached = [Point[name] for name in re.findall(r"^ +reach\(Point\.(\w+)\)$", code, flags=re.M)]
    for name in re.findall(r"\.transaction\(\"([\w-]+)\"\)", code):
        reached += [Point(f"{name}.committing"), Point(f"{name}.committed")]

    assert sorted(reached) == sorted(Point)


def test_no_point_is_the_beginning_of_another():
    # The files are told apart by their beginning.
    assert not [(a, b) for a in Point for b in Point if a != b and b.startswith(f"{a}.")]
