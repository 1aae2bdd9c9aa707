"""The box's installer as a value that goes to another process."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time

import pytest

from appliance.adapters.manifest_draft import manifest_text
from appliance.adapters.manifests import Shelf, damaged
from appliance.adapters.weights.installer import WeightInstaller
from appliance.adapters.weights.placing import PARTIAL
from appliance.core.errors import Forbidden, NotFound
from tests.support.hub import COMMIT
from tests.unit.adapters.weights.conftest import LARGE


@pytest.fixture
def installer(models, model, reach):
    (models / "one.toml").write_text(manifest_text(model))
    return WeightInstaller(models, reach, allow_non_commercial=False)


def test_it_installs_by_id_also_after_a_journey(installer, told):
    there = pickle.loads(pickle.dumps(installer))

    done = there.install("one", told.progress)

    assert (done["model"], done["source"], done["revision"]) == ("one", "hub:ada/painter", COMMIT)


def test_an_unknown_model_and_an_unaccepted_licence_are_refused(installer, models, told):
    with pytest.raises(NotFound, match="'two'"):
        installer.install("two", told.progress)
    path = models / "one.toml"
    path.write_text(path.read_text().replace('"commercial_use" = true', '"commercial_use" = false'))
    with pytest.raises(Forbidden, match="allow_non_commercial"):
        installer.install("one", told.progress)


_KILLED = """
import sys
from pathlib import Path
from appliance.adapters.manifests import Shelf, damaged
from appliance.adapters.weights.installer import WeightInstaller
from appliance.adapters.weights.reach import Reach
from appliance.core.progress import silent_progress
models = Path(sys.argv[1])
WeightInstaller(models, Reach(sys.argv[2]), False).install("one", silent_progress())
"""


def test_a_killed_download_goes_on_where_it_was(installer, models, hub, told):
    hub.slow_s = 0.1
    process = subprocess.Popen([sys.executable, "-c", _KILLED, str(models), hub.url])
    try:
        _until(lambda: _fetched(models) > 300_000)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    kept = _fetched(models)
    assert not (models / "one").exists()

    hub.slow_s = 0
    hub.asked.clear()
    installer.install("one", told.progress)

    assert damaged(Shelf(models).find("one")) == ()
    begun = [int(r.removeprefix("bytes=").rstrip("-")) for _p, r, _t in hub.asked if r]
    assert begun
    assert sum(begun) >= kept - len(LARGE) - 1000  # what was whole already is not asked for again


def _fetched(models) -> int:
    return sum(p.stat().st_size for p in (models / PARTIAL).rglob("*") if p.is_file())


def _until(true, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
