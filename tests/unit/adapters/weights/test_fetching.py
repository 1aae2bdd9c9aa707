"""Files over HTTP: several at once, gone on with, checked. What hubs do wrong: test_placing."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from appliance.adapters.weights.faults import InstallFailed, Unreachable
from appliance.adapters.weights.fetching import Wanted, fetch
from appliance.core.progress import silent_progress
from tests.support.hub import COMMIT, entry
from tests.unit.adapters.weights.conftest import FILES, LARGE


@pytest.fixture
def wanted(hub):
    hub.repos["ada/painter"] |= {"twin/weights.safetensors": LARGE, "empty.json": b""}

    def of(name: str) -> Wanted:
        content, told = hub.repos["ada/painter"][name], entry(name, hub.repos["ada/painter"][name])
        url = f"{hub.url}/ada/painter/resolve/{COMMIT}/{name}"
        large = len(content) >= 1024
        return Wanted(
            name,
            url,
            len(content),
            sha256(content).hexdigest() if large else "",
            "" if large else str(told["oid"]),
        )

    return of


@pytest.fixture
def folders(tmp_path):
    for name in ("files", "work"):
        (tmp_path / name).mkdir()
    return tmp_path / "files", tmp_path / "work"


def test_files_come_side_by_side_and_those_of_one_content_do_not_mix(wanted, folders, reach, told):
    names = ["unet/weights.safetensors", "twin/weights.safetensors", "README.md", "empty.json"]

    fetched = fetch([wanted(name) for name in names], *folders, reach, told.progress)

    assert [each.name for each in fetched] == names
    assert all((folders[0] / each.name).stat().st_size == each.bytes for each in fetched)
    assert fetched[2].sha256 == sha256(FILES["README.md"]).hexdigest()
    assert list(folders[1].iterdir()) == []
    assert told.steps[-1].step == told.steps[-1].steps == 2 * len(LARGE) + len(FILES["README.md"])


def test_what_is_here_already_is_not_asked_for_again(hub, wanted, folders, reach):
    one = [wanted("unet/weights.safetensors")]
    fetch(one, *folders, reach, silent_progress())
    hub.asked.clear()

    fetch(one, *folders, reach, silent_progress())

    assert hub.asked == []


def test_a_part_of_other_content_is_begun_anew(hub, wanted, folders, reach):
    one = wanted("unet/weights.safetensors")
    (folders[1] / one.part).write_bytes(b"x" * 500_000)

    with pytest.raises(InstallFailed, match="is not what was asked for"):
        fetch([one], *folders, reach, silent_progress())
    assert list(folders[1].iterdir()) == []
    fetch([one], *folders, reach, silent_progress())

    assert (folders[0] / one.name).read_bytes() == LARGE


def test_one_that_never_gets_on_is_given_up(hub, wanted, folders, reach):
    hub.break_after, hub.breaks = 0, 10**6

    with pytest.raises(Unreachable, match="breaks off after 0 of"):
        fetch([wanted("unet/weights.safetensors")], *folders, reach, silent_progress())


def test_a_missing_file_ends_the_others_too(wanted, folders, reach):
    gone = replace(wanted("README.md"), url=f"{reach.hub}/ada/nothing")

    with pytest.raises(InstallFailed, match="answered 404"):
        fetch([gone, wanted("unet/weights.safetensors")], *folders, reach, silent_progress())
