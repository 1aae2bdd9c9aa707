"""A hub's API: which files there are, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from appliance.adapters.weights.faults import Gated, InstallFailed, Unreachable
from appliance.adapters.weights.hub import listing
from appliance.adapters.weights.reach import Reach
from appliance.core.model import HubSource
from tests.support import hub as support
from tests.support.hub import COMMIT
from tests.unit.adapters.weights.conftest import FILES, LARGE, PATTERNS, TAKEN

SOURCE = HubSource("ada/painter", "main", PATTERNS)


def test_the_files_a_manifest_takes_are_listed_over_all_pages(hub, reach):
    found = listing(SOURCE, reach)

    assert found.commit == COMMIT
    assert {each.name for each in found.files} == TAKEN
    weights = next(each for each in found.files if each.name == "unet/weights.safetensors")
    assert (weights.bytes, weights.sha256) == (len(LARGE), sha256(LARGE).hexdigest())
    assert weights.url == f"{hub.url}/ada/painter/resolve/{COMMIT}/unet/weights.safetensors"
    small = next(each for each in found.files if each.name == "unet/config.json")
    assert (small.sha256, len(small.git)) == ("", 40)


def test_without_patterns_all_but_hidden_files_are_taken(reach):
    found = listing(replace(SOURCE, patterns=()), reach)

    assert {each.name for each in found.files} == {*FILES} - {".gitattributes"}


def test_names_that_lead_out_of_the_folder_are_left(hub, reach):
    hub.repos["ada/painter"] |= {"../../evil.json": b"{}", "/etc/evil.json": b"{}"}

    assert {each.name for each in listing(SOURCE, reach).files} == TAKEN


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (replace(SOURCE, repo="ada/nothing"), "has no ada/nothing"),
        (replace(SOURCE, revision="v9"), "at this revision"),
        (replace(SOURCE, patterns=("*.gguf",)), "none of the files"),
    ],
)
def test_what_the_hub_does_not_have_is_told(reach, source, says):
    with pytest.raises(InstallFailed, match=says):
        listing(source, reach)


def test_a_gated_repository_opens_with_the_right_token(hub, reach):
    hub.gated.add("ada/painter")
    hub.token = "right"

    with pytest.raises(Gated, match="asks who you are"):
        listing(SOURCE, reach)
    with pytest.raises(Gated, match="refuses the token"):
        listing(SOURCE, replace(reach, token="wrong"))
    assert listing(SOURCE, replace(reach, token="right")).files


@pytest.mark.parametrize(
    "entry",
    [
        {"size": -1},
        {"size": "9"},
        {"oid": "short"},
        {"lfs": {"oid": "short", "size": 9}},
    ],
)
def test_an_answer_that_is_no_hubs_is_told(hub, reach, monkeypatch, entry):
    right = support.entry
    monkeypatch.setattr(support, "entry", lambda name, content: right(name, content) | entry)

    with pytest.raises(InstallFailed, match="does not answer as a model hub does"):
        listing(SOURCE, reach)


def test_a_hub_that_is_not_there_is_told():
    with pytest.raises(Unreachable):
        listing(SOURCE, Reach("http://127.0.0.1:1"))
