from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from appliance.adapters.config import CHECKOUT, load_settings
from appliance.adapters.home import home_of, process_environment, root_of


def test_the_home_is_the_checkout_unless_it_is_named(tmp_path):
    assert root_of({}) == CHECKOUT
    assert root_of({"APPLIANCE_HOME": ""}) == CHECKOUT
    assert root_of({"APPLIANCE_HOME": f"{tmp_path}/a/../b"}) == tmp_path / "b"


def test_a_home_may_be_named_from_the_users_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    assert root_of({"APPLIANCE_HOME": "~/box"}) == tmp_path / "box"


def test_naming_a_home_touches_nothing(tmp_path):
    home_of(tmp_path / "box", load_settings(tmp_path, {}))

    assert list(tmp_path.iterdir()) == []


def test_everything_to_back_up_lies_under_data(tmp_path):
    home = home_of(tmp_path, load_settings(tmp_path, {}))

    for path in (home.database, home.secrets, home.outputs, home.uploads, home.tmp, home.run):
        assert home.data in path.parents


def test_the_folders_are_made_for_the_owner_only(tmp_path):
    home = home_of(tmp_path / "box", load_settings(tmp_path, {}))

    home.prepare()
    home.prepare()

    for folder in (home.data, home.outputs, home.uploads, home.tmp, home.run):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("named", "meant"), [("", "box/models"), ("weights", "box/weights"), ("/disk/w", "/disk/w")]
)
def test_models_may_lie_on_another_disk(tmp_path, named, meant):
    settings = load_settings(tmp_path, {"APPLIANCE_MODELS__DIR": named})

    assert home_of(tmp_path / "box", settings).models == Path(tmp_path, meant)


def test_the_processs_environment_is_the_real_one():
    assert process_environment() is os.environ
