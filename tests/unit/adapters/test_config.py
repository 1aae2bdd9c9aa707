from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from typing import get_type_hints

import pytest

from appliance.adapters.config import CHECKOUT, Settings, SettingsError, load_settings
from appliance.core.plan import Plan

REFERENCE = tomllib.loads((CHECKOUT / "config.toml").read_text("utf-8"))
SECTIONS = get_type_hints(Settings)


def write(home, text):
    file = home / "data" / "config.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def refusal(home, environ=None):
    with pytest.raises(SettingsError) as caught:
        load_settings(home, environ or {})
    return str(caught.value)


def test_a_fresh_box_has_the_defaults_of_config_toml(tmp_path):
    settings = load_settings(tmp_path, {})

    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8188)
    assert settings.billing.credit_usd == "0.01"
    assert settings.prices["tools.qr"] == "0.002"
    assert settings.server.cors_origins == ()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_in_config_toml_and_the_other_way_round(section):
    kind = SECTIONS[section]
    if dataclasses.is_dataclass(kind):
        assert set(REFERENCE[section]) == {each.name for each in dataclasses.fields(kind)}
    else:
        assert isinstance(REFERENCE[section], Mapping)


def test_config_toml_has_no_section_beyond_the_settings():
    assert set(REFERENCE) == set(SECTIONS)


def test_every_setting_stands_under_a_comment_in_config_toml():
    for paragraph in (CHECKOUT / "config.toml").read_text("utf-8").split("\n\n"):
        lines = [line for line in paragraph.splitlines() if line]
        first = next((n for n, line in enumerate(lines) if "=" in line and line[0] != "#"), None)
        told = first is None or any(line.startswith("#") for line in lines[:first])
        assert told, f"no comment over: {lines[first or 0]}"


def test_what_differs_on_this_box_is_laid_over_the_defaults(tmp_path):
    write(tmp_path, '[server]\nport = 9000\n[prices]\n"tools.qr" = "0.5"\n"new.entry" = "1"\n')
    settings = load_settings(tmp_path, {})

    assert settings.server.port == 9000
    assert settings.server.host == "127.0.0.1"
    assert settings.prices["tools.qr"] == "0.5"
    assert settings.prices["new.entry"] == "1"
    assert settings.prices["product.process"] == "0.02"


def test_plans_are_laid_over_each_other_setting_by_setting(tmp_path):
    write(tmp_path, '[plans.free]\nmodels = ["tiny"]\n[plans.agency]\nkeys_by_api = true\n')
    environ = {
        "APPLIANCE_PLANS__FREE__LIMITS__CONCURRENT_JOBS": "2",
        "APPLIANCE_PLANS__AGENCY": "{limits = {tools_an_hour = 5}}",
    }
    plans = load_settings(tmp_path, environ).plans

    assert plans["free"].models == ("tiny",)
    assert plans["free"].operations == ("*", "!voice.clone")
    assert plans["free"].limits == {"tools_an_hour": 60, "concurrent_jobs": 2}
    assert plans["agency"] == Plan(keys_by_api=True, limits={"tools_an_hour": 5})
    assert plans["enterprise"].keys_by_api


def test_the_environment_wins_over_both_files(tmp_path):
    write(tmp_path, "[server]\nport = 9000\n")

    assert load_settings(tmp_path, {"APPLIANCE_SERVER__PORT": "9001"}).server.port == 9001


@pytest.mark.parametrize(
    ("name", "text", "section", "key", "value"),
    [
        ("APPLIANCE_SERVER__LAN", "true", "server", "lan", True),
        ("APPLIANCE_SERVER__HOST", "0.0.0.0", "server", "host", "0.0.0.0"),
        (
            "APPLIANCE_SERVER__PUBLIC_URL",
            "https://s.local",
            "server",
            "public_url",
            "https://s.local",
        ),
        ("APPLIANCE_SERVER__PUBLIC_URL", "", "server", "public_url", ""),
        (
            "APPLIANCE_SERVER__CORS_ORIGINS",
            '["https://a"]',
            "server",
            "cors_origins",
            ("https://a",),
        ),
        ("APPLIANCE_JOBS__WORKER_STALE_S", "5", "jobs", "worker_stale_s", 5.0),
        ("APPLIANCE_UI__LANGUAGE", "es", "ui", "language", "es"),
        ("APPLIANCE_BILLING__CREDIT_USD", '"0.02"', "billing", "credit_usd", "0.02"),
    ],
)
def test_a_setting_may_come_from_the_environment(tmp_path, name, text, section, key, value):
    found = getattr(getattr(load_settings(tmp_path, {name: text}), section), key)

    assert found == value
    assert type(found) is type(value)


def test_other_variables_of_the_environment_are_left_alone(tmp_path):
    environ = {"APPLIANCE_HOME": "/x", "PATH": "/bin", "OTHER_SERVER__PORT": "1", "APPLIANCE_": ""}

    assert load_settings(tmp_path, environ) == load_settings(tmp_path, {})


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[server]\nprot = 1\n", 2, "no setting 'prot'"),
        ("\n\n[sever]\nport = 1\n", 3, r"no section [sever]"),
        ("[server]\nport = '9000'\n", 2, "must be a whole number"),
        ("[server]\nport = 9000.0\n", 2, "must be a whole number"),
        ("[server]\nport = true\n", 2, "must be a whole number"),
        ("[server]\n\nlan = 1\n", 3, "must be true or false"),
        ("[server]\nhost = 1\n", 2, "must be text in quotes"),
        ("[jobs]\nworker_stale_s = 'long'\n", 2, "must be a number"),
        ("[jobs]\nworker_stale_s = true\n", 2, "must be a number"),
        ("[server]\ncors_origins = 'https://a'\n", 2, "must be a list of texts"),
        ("[server]\ncors_origins = [1]\n", 2, "must be a list of texts"),
        ("[prices]\n'tools.qr' = 1\n", 2, "must be text in quotes"),
        ("[prices]\n'tools.qr' = 'dear'\n", 2, "'dear' is not an amount in USD"),
        ("[prices]\n'tools.qr' = '1/week'\n", 2, "after the slash must be one of job, picture"),
        ("[prices]\n'tools.qr' = '-1'\n", 2, "below nothing"),
        ("[billing]\ncredit_usd = '0.01/second'\n", 2, "not an amount in USD"),
        ("[billing]\ncredit_usd = '0'\n", 2, "must be more than nothing"),
        ("[billing]\nmin_topup_usd = '-1'\n", 2, "must be more than nothing"),
        ("[server]\nport = 1\n[worker]\nport = 1\n", 4, "no setting 'port'"),
        ("[[server]]\nport = 1\n", 1, "no section [server]"),
        # the same, as people write TOML
        ("[server]  # the web process\nprot = 1\n", 2, "no setting 'prot'"),
        ("[ server ]\nprot = 1\n", 2, "no setting 'prot'"),
        ("port = 9000\n[server]\n", 1, "no section [port]"),
        ("[plans]\nfree = 1\n", 2, "[plans.free] A plan must be a table"),
        ("[plans.free]\ncolour = 'red'\n", 1, "[plans.free] A plan has no setting 'colour'"),
        ("[plans.free]\nlimits = { all = 1 }\n", 1, "There is no limit 'all'"),
        ("server.prot = 1\n", 1, "no setting 'prot'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_file_and_line(tmp_path, text, line, says):
    file = write(tmp_path, text)
    message = refusal(tmp_path)

    assert says in message
    assert message.startswith(f"{file}:{line}:")


def test_an_unknown_setting_is_answered_with_the_known_ones(tmp_path):
    write(tmp_path, "[storage]\nlink_days = 1\n")

    assert "link_hours" in refusal(tmp_path)


@pytest.mark.parametrize(
    "text", ["[server\n", "[server]\nport = \n", "[server]\nport = 1\nport = 2"]
)
def test_a_file_that_is_no_toml_is_named(tmp_path, text):
    file = write(tmp_path, text)

    assert refusal(tmp_path).startswith(f"{file}: ")


def test_a_file_in_another_encoding_is_named(tmp_path):
    file = write(tmp_path, "")
    file.write_bytes("[server]\nhost = 'ñ'\n".encode("latin-1"))

    assert str(file) in refusal(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("APPLIANCE_SERVER__PROT", "1", "no setting 'prot'"),
        ("APPLIANCE_SEVER__PORT", "1", "no section [sever]"),
        ("APPLIANCE_SERVER__PORT", "nine", "must be a whole number"),
        ("APPLIANCE_SERVER__LAN", "True", "must be true or false"),
        ("APPLIANCE_BILLING__CREDIT_USD", "0.02", "must be text in quotes"),
        ("APPLIANCE_SERVER__", "1", "no setting ''"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(tmp_path, name, text, says):
    message = refusal(tmp_path, {name: text})

    assert message.startswith(f"{name}:")
    assert says in message
