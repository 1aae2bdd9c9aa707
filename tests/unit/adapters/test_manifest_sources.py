"""The sources a manifest names."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.adapters.manifest_sources import sources_of
from appliance.adapters.manifest_table import Table, WrongManifest
from appliance.core.model import HubSource, LocalSource, Package, PackageSource, UrlSource

SHA = "a" * 64


def sources(*tables: dict[str, object]):
    return sources_of(Table(Path("one.toml"), {"sources": [*tables]}))


def test_every_kind_is_read_in_order():
    found = sources(
        {"hub": "ada/painter", "revision": "refs/pr/1", "patterns": ["*.json"]},
        {"packages": [{"name": "a", "version": "1.0", "sha256": SHA}], "python": "3.11"},
        {"url": "https://studio.local/w.bin"},
        {"url": "https://studio.local/w.zip", "sha256": SHA, "bytes": 9},
        {"path": "/disk/weights"},
    )

    assert found == (
        HubSource("ada/painter", "refs/pr/1", ("*.json",)),
        PackageSource((Package("a", "1.0", SHA),), "3.11"),
        UrlSource("https://studio.local/w.bin"),
        UrlSource("https://studio.local/w.zip", SHA, 9),
        LocalSource(Path("/disk/weights")),
    )


def test_a_manifest_of_the_first_form_has_one_package_or_none():
    old = Table(Path("one.toml"), {"source": {"package": "a", "version": "1", "note": "thanks"}})

    assert sources_of(old) == (PackageSource((Package("a", "1"),), note="thanks"),)
    assert sources_of(Table(Path("one.toml"), {"source": {"note": "mine"}})) == ()


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({}, "packages"),
        ({"hub": "painter"}, "hub"),
        ({"hub": "ada/../x"}, "hub"),
        ({"hub": "ada/painter", "revision": "a b"}, "revision"),
        ({"hub": "ada/painter", "packages": []}, "packages"),
        ({"url": "http://studio.local/w.bin"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "https://studio.local/w.zip", "sha256": "A" * 64, "bytes": 1}, "sha256"),
        ({"url": "https://studio.local/w.zip", "sha256": SHA}, "bytes"),
        ({"packages": [{"name": "--index-url=x", "version": "1"}]}, "packages[0].name"),
        ({"packages": [{"name": "a", "version": "1 --x"}]}, "packages[0].version"),
        ({"packages": [{"name": "a", "version": "1", "sha256": "0"}]}, "packages[0].sha256"),
    ],
)
def test_a_wrong_source_is_told_by_its_key(table, field):
    with pytest.raises(WrongManifest) as fault:
        sources(table)

    assert fault.value.field == f"sources[0].{field}"
