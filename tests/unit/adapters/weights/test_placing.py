"""Installing: all of a model or nothing of it, whatever the other side does."""

from __future__ import annotations

import fcntl
import json
import shutil
import threading
from dataclasses import replace
from hashlib import sha256

import pytest

from appliance.adapters.manifest_draft import manifest_text
from appliance.adapters.manifests import Shelf, damaged, installed
from appliance.adapters.weights import placing
from appliance.adapters.weights.faults import Gated, InstallFailed, Unreachable, WrongContent
from appliance.adapters.weights.placing import PARTIAL, remove
from appliance.adapters.weights.reach import Reach
from appliance.core.errors import Cancelled, Conflict, InvalidInput, StorageFull
from appliance.core.model import HubSource, LocalSource, UrlSource, WeightFile
from appliance.core.progress import Progress
from tests.support.hub import COMMIT
from tests.unit.adapters.weights.conftest import FILES, LARGE, TAKEN

WEIGHTS = "unet/weights.safetensors"


def written(models, model):
    """The model as the shelf knows it."""
    (models / "one.toml").write_text(manifest_text(model))
    found = Shelf(models).find("one")
    assert found is not None, Shelf(models).faults()
    return found


def names(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_a_hubs_files_come_whole_with_their_digests_in_a_lock(install, models, model, told):
    install(written(models, model))

    found = Shelf(models).find("one")
    assert names(models / "one") == TAKEN | {".lock.json"}
    assert (models / "one" / WEIGHTS).read_bytes() == LARGE
    assert installed(found)
    assert damaged(found) == ()
    assert (found.installed_from, found.revision) == ("hub:ada/painter", COMMIT)
    assert {f.name: f.sha256 for f in found.files} == {
        name: sha256(FILES[name]).hexdigest() for name in TAKEN
    }
    assert list((models / PARTIAL).iterdir()) == [models / PARTIAL / "one.busy"]
    assert told.steps[-1].steps == sum(len(FILES[name]) for name in TAKEN)


def test_a_flipped_byte_is_found_and_mended(install, models, model, hub):
    install(written(models, model))
    path = models / "one" / WEIGHTS
    path.write_bytes(LARGE[:-1] + b"x")

    found = Shelf(models).find("one")
    assert damaged(found) == (WEIGHTS,)
    install(found)

    assert damaged(Shelf(models).find("one")) == ()


def test_a_connection_that_breaks_off_is_gone_on_with(install, models, model, hub):
    hub.break_after, hub.breaks = 300_000, 3

    install(written(models, model))

    assert damaged(Shelf(models).find("one")) == ()
    ranged = [r for r in hub.ranges(WEIGHTS) + hub.ranges("vae/weights.safetensors") if r]
    assert len(ranged) == 3
    assert all(int(r.removeprefix("bytes=").rstrip("-")) >= 300_000 for r in ranged)


def test_a_store_without_ranges_is_read_from_the_start_again(install, models, model, hub):
    hub.break_after, hub.breaks, hub.no_ranges = 300_000, 2, True

    install(written(models, model))

    assert damaged(Shelf(models).find("one")) == ()


def test_a_busy_hub_is_asked_again(install, models, model, hub):
    hub.fails = 2

    install(written(models, model))

    assert damaged(Shelf(models).find("one")) == ()


def test_a_file_that_stays_short_is_told_and_its_part_kept(install, models, model, hub):
    hub.lengths[WEIGHTS] = 500_000

    with pytest.raises(InstallFailed):
        install(written(models, model))

    assert not (models / "one").exists()


@pytest.mark.parametrize("lie", [LARGE[:-1] + b"x", LARGE + b"x"])
def test_other_content_than_the_hub_told_installs_nothing(install, models, model, hub, lie):
    hub.lies[WEIGHTS] = lie

    with pytest.raises(WrongContent, match=r"unet/weights\.safetensors"):
        install(written(models, model))
    assert not (models / "one").exists()

    hub.lies.clear()
    install(Shelf(models).find("one"))
    assert damaged(Shelf(models).find("one")) == ()


def test_a_small_file_is_checked_too(install, models, model, hub):
    hub.lies["unet/config.json"] = b"[]"

    with pytest.raises(WrongContent, match=r"unet/config\.json"):
        install(written(models, model))


def test_a_failed_repair_keeps_what_was_there(install, models, model, hub):
    install(written(models, model))
    (models / "one" / WEIGHTS).write_bytes(b"broken")
    hub.lies[WEIGHTS] = b"lie"

    with pytest.raises(InstallFailed):
        install(Shelf(models).find("one"))

    assert (models / "one" / WEIGHTS).read_bytes() == b"broken"
    assert (models / "one" / "model_index.json").exists()


@pytest.mark.parametrize(
    ("token", "says"), [("", r"\[models\] token in data"), ("wrong", "refuses the token")]
)
def test_a_gated_model_says_which_page_and_which_setting(install, models, model, hub, token, says):
    hub.gated.add("ada/painter")
    hub.token = "right"

    with pytest.raises(Gated, match=says) as refused:
        install(written(models, model), by=Reach(hub.url, token))

    assert f"{hub.url}/ada/painter" in str(refused.value)
    assert not (models / "one").exists()
    install(written(models, model), by=Reach(hub.url, "right"))
    assert installed(Shelf(models).find("one"))


def test_without_a_network_it_says_so(install, models, model):
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 is not reached.*\[models\] proxy"):
        install(written(models, model), by=Reach("http://127.0.0.1:1"))


def test_too_little_room_is_told_before_anything_is_fetched(install, models, model, hub):
    usage = shutil.disk_usage(models)
    files = tuple(
        WeightFile(name, usage.free if name == WEIGHTS else len(FILES[name]), "0" * 64)
        for name in sorted(TAKEN)
    )

    with pytest.raises(StorageFull, match="one needs"):
        install(replace(model, files=files, sources=(LocalSource(models),)))

    assert hub.asked == []


def test_pinned_digests_win_over_the_hubs(install, models, model, hub):
    pinned = WeightFile(WEIGHTS, len(LARGE), "0" * 64)

    with pytest.raises(InstallFailed, match="should be 0000"):
        install(replace(model, files=(pinned,)))

    assert hub.sent(WEIGHTS) == 0


def test_the_next_source_is_tried_and_the_failures_are_told_together(install, models, model, hub):
    good = model.sources[0]
    install(replace(model, sources=(HubSource("nobody/nothing"), good)))
    assert (models / "one" / WEIGHTS).exists()

    shutil.rmtree(models / "one")
    with pytest.raises(InstallFailed, match=r"hub:nobody/nothing: .*hub:no/body: "):
        install(replace(model, sources=(HubSource("nobody/nothing"), HubSource("no/body"))))


def test_one_file_comes_from_a_url(install, models, model, hub):
    file = WeightFile("w.bin", len(LARGE), sha256(LARGE).hexdigest())
    url = f"{hub.url}/ada/painter/resolve/{COMMIT}/{WEIGHTS}"

    install(replace(model, files=(file,), sources=(UrlSource(url),)))

    assert (models / "one/w.bin").read_bytes() == LARGE


def test_a_model_without_a_source_is_the_operators(install, model):
    with pytest.raises(InvalidInput, match="--from PATH"):
        install(replace(model, sources=()))


def test_one_that_was_told_to_rest_is_waited_for(install, models, model):
    (models / PARTIAL).mkdir()
    with (models / PARTIAL / "one.busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        letting_go = threading.Timer(0.3, fcntl.flock, (busy.fileno(), fcntl.LOCK_UN))
        letting_go.start()
        install(model)
        letting_go.join()
    assert names(models / "one") == TAKEN | {".lock.json"}


def test_two_at_once_are_a_conflict(install, models, model, monkeypatch):
    monkeypatch.setattr(placing, "_LETTING_GO_S", 0.2)
    (models / PARTIAL).mkdir()
    with (models / PARTIAL / "one.busy").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="being installed already"):
            install(model)


def test_cancelling_stops_and_the_next_attempt_goes_on(models, model, hub, reach, install):
    hub.slow_s = 0.05
    reached = []

    def stop_halfway() -> None:
        if reached and reached[-1].step > 600_000:
            raise Cancelled("Stop.")

    halted = Progress(reached.append, stop_halfway)
    with pytest.raises(Cancelled):
        placing.Placing(written(models, model), models, reach, halted).run()
    assert not (models / "one").exists()

    hub.slow_s = 0
    hub.asked.clear()
    install(Shelf(models).find("one"))
    assert damaged(Shelf(models).find("one")) == ()
    assert any(ranged for _path, ranged, _token in hub.asked)


def test_a_process_killed_between_its_two_renames_loses_nothing(install, models, model, hub):
    install(written(models, model))
    work = models / PARTIAL / "one"
    work.mkdir()
    (models / "one").rename(work / "before")
    hub.repos.clear()

    with pytest.raises(InstallFailed):
        install(Shelf(models).find("one"))

    assert damaged(Shelf(models).find("one")) == ()


def test_removing_takes_weights_and_what_is_half_fetched(install, models, model):
    install(written(models, model))
    (models / PARTIAL / "one").mkdir()

    remove(Shelf(models).find("one"), models)

    assert not (models / "one").exists()
    assert not (models / PARTIAL / "one").exists()
    assert not installed(Shelf(models).find("one"))


def test_removing_what_was_imported_leaves_the_original(models, model, tmp_path):
    elsewhere = tmp_path / "disk"
    elsewhere.mkdir()
    (elsewhere / "w.bin").write_bytes(b"12345")
    (models / "one").symlink_to(elsewhere)
    (models / "one.toml").write_text("")

    remove(replace(model, sources=()), models)

    assert (elsewhere / "w.bin").exists()
    assert not (models / "one.toml").exists()
    assert not (models / "one").is_symlink()


def test_the_lock_is_json_for_whoever_looks(install, models, model):
    install(written(models, model))

    lock = json.loads((models / "one/.lock.json").read_text())

    assert lock["revision"] == COMMIT
    assert {f["name"] for f in lock["files"]} == TAKEN
