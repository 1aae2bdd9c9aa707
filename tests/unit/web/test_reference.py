from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from flask import Flask

from appliance.adapters.config import CHECKOUT
from appliance.core.errors import NotFound
from appliance.web import reference

FOLDER = Path(reference.__file__).parent
VENDORED = FOLDER / "swagger-ui"
OWN = ("page.html", "page.js", "page.css")
APP = Flask("test", static_folder=None)
APP.add_url_rule("/reference", view_func=reference.page)
APP.add_url_rule("/reference/<name>", view_func=reference.asset)


def served(name: str = "", **headers: str):
    """What is sent for a file of the page, or for the page itself."""
    path = f"/reference/{name}" if name else "/reference"
    return APP.test_client().get(path, headers=headers, buffered=True)


def test_the_page_is_html_that_loads_its_own_files_only():
    page = served()

    assert page.mimetype == "text/html"
    asked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    known = {f"reference/{name}" for name in reference.NAMES} | {"openapi.json"}
    assert set(asked) <= known
    assert {"reference/page.js", "reference/swagger-ui.js"} <= set(asked)


@pytest.mark.parametrize("name", OWN)
def test_nothing_of_ours_names_another_host(name):
    assert "//" not in re.sub(r"^// .*$", "", (FOLDER / name).read_text("utf-8"), flags=re.M)


def test_the_page_asks_for_no_badge_of_another_host():
    assert "validatorUrl: null" in (FOLDER / "page.js").read_text("utf-8")


@pytest.mark.parametrize("name", ["", *reference.NAMES])
def test_scripts_styles_and_requests_stay_on_this_box(name):
    policy = dict(
        rule.strip().partition(" ")[::2]
        for rule in served(name).headers["Content-Security-Policy"].split(";")
    )

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert not [rule for rule in policy.values() if "http" in rule or "*" in rule]


@pytest.mark.parametrize("name", reference.NAMES)
def test_a_file_is_sent_once_and_then_confirmed(name):
    first = served(name)

    assert first.status_code == 200
    assert len(first.data) > 0
    assert served(name, **{"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize("name", ["VERSION.txt", "../__init__.py", "", "page.html"])
def test_any_other_name_is_not_found(name):
    with pytest.raises(NotFound):
        reference.asset(name)


def test_swagger_ui_is_as_it_came_with_its_licence():
    version = (VENDORED / "VERSION.txt").read_text("utf-8")
    digests = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", version, flags=re.M))
    found = {
        hashlib.sha256(file.read_bytes()).hexdigest(): file.name
        for file in VENDORED.iterdir()
        if file.name != "VERSION.txt"
    }

    assert digests == found
    assert {"LICENSE", "NOTICE"} <= set(found.values())


def test_an_installed_package_has_every_file():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["appliance"]
    package = CHECKOUT / "appliance"
    taken = {file for pattern in patterns for file in package.glob(pattern)}

    here = {file for file in FOLDER.rglob("*") if file.is_file() and file.suffix[:3] != ".py"}
    assert here <= taken
