from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
from flask import Flask
from flask_smorest import Blueprint
from openapi_spec_validator import validate

from appliance.core import errors
from appliance.core.operation import Catalogue
from appliance.core.params import Help, Length, Range
from appliance.web.families.family import Family
from appliance.web.form import Derived
from appliance.web.intake import usual_room
from appliance.web.openapi import Publisher, of_submission
from appliance.web.published import Published
from appliance.web.routing import on
from appliance.web.shapes import Data
from tests.support.box import OPERATIONS
from tests.unit.web.families.test_matrix import ENVELOPES

CATALOGUE = Catalogue(OPERATIONS)
FAMILIES = {
    **{name: Family(name, name, each, (), usual_room) for name, each in ENVELOPES.items()},
    "native": Family("native", "Operations", ENVELOPES["jobs"], (), usual_room),
}


class Mug(TypedDict):
    """A mug."""

    colour: str


@dataclass(frozen=True)
class MugAsked:
    """A mug to be made."""

    colour: Annotated[str, Help("Which"), Length(1, 20)]


@dataclass(frozen=True)
class WhichMug:
    """Which mug, and how to show it."""

    mug: Annotated[str, Help("Its id"), Length(1, 9)]
    size: Annotated[int, Help("In pixels"), Range(1, 9)] = 4


def document(*routes: Any, family: str = "jobs", **said: Any) -> dict[str, Any]:
    """A document of one blueprint; a route is (path, method), and all say the same."""
    app = Flask("test")
    app.config.update(API_TITLE="Test", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    blueprint = Blueprint(family, family)
    for number, (path, method) in enumerate(routes):

        def view() -> None:
            """Do it."""

        view.__name__ = f"view_{number}"
        on(blueprint, path, method, **said)(view)
    published = Published(app, Publisher(FAMILIES))
    published.register_blueprint(blueprint)
    validate(published.document)
    return published.document


def operation(path: str = "/api/v1/mugs", method: str = "GET", **said: Any) -> dict[str, Any]:
    shown = path.replace("<", "{").replace(">", "}")
    found: dict[str, Any] = document((path, method), **said)["paths"][shown][method.lower()]
    return found


def submission(name: str = "test.card", family: str = "jobs") -> dict[str, Any]:
    """A document with a submission of an operation."""
    app = Flask("test")
    app.config.update(API_TITLE="Test", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    blueprint, form = Blueprint(family, family), Derived(name).form(CATALOGUE)
    documented = blueprint.doc(**of_submission(form, FAMILIES[family]))

    @blueprint.route("/api/v1/made", methods=["POST"])
    @documented
    def made() -> None:
        """Make it."""

    published = Published(app, Publisher(FAMILIES))
    published.register_blueprint(blueprint)
    validate(published.document)
    return published.document


def test_a_route_says_what_it_gives_and_who_may_ask():
    said = operation(gives=Data[Mug])

    assert said["operationId"] == "jobs_view_0"
    assert (said["summary"], said["tags"]) == ("Do it.", ["jobs"])
    schema = said["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/MugData"}
    assert said["security"] == [{"bearer": []}, {"apiKey": []}]
    assert {*said["responses"]} == {"200", "401", "403", "429", "500", "503"}


def test_a_route_without_a_key_is_refused_less():
    said = operation("/health", gives={200: "text/plain", 304: None}, keyless=True)

    assert said["security"] == []
    assert {*said["responses"]} == {"200", "304", "500"}
    assert said["responses"]["200"]["content"] == {"text/plain": {"schema": {"type": "string"}}}
    assert said["responses"]["304"]["content"] == {}
    assert [each["$ref"] for each in said["parameters"]] == ["#/components/parameters/IfNoneMatch"]


def test_values_of_path_and_query_are_told_apart():
    said = operation("/api/v1/mugs/<mug>", asks=WhichMug, gives=Mug)
    mug, size = said["parameters"]

    assert (mug["in"], mug["required"], mug["schema"]["maxLength"]) == ("path", True, 9)
    assert (size["in"], size["required"], size["schema"]["default"]) == ("query", False, 4)
    assert {"404", "422"} <= {*said["responses"]}


def test_a_body_comes_in_three_kinds():
    said = document(("/api/v1/mugs", "POST"), takes=MugAsked, gives={201: Data[Mug]})
    body = said["paths"]["/api/v1/mugs"]["post"]["requestBody"]

    assert {*body["content"]} == {
        *("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
    }
    assert body["required"]
    assert said["components"]["schemas"]["MugAsked"]["required"] == ["colour"]
    assert {"201", "413", "415", "422"} <= {*said["paths"]["/api/v1/mugs"]["post"]["responses"]}


def test_errors_of_its_own_are_added():
    assert "409" not in operation(gives=Mug)["responses"]
    assert "409" in operation(gives=Mug, refuses=(errors.Conflict,))["responses"]


@pytest.mark.parametrize(
    ("family", "status"),
    [("jobs", "422"), ("product", "422"), ("wallet", "400"), ("studio", "400")],
)
def test_an_error_has_its_familys_status_and_words(family, status):
    said = document(("/api/v1/mugs", "POST"), family=family, takes=MugAsked, gives=Mug)
    reply = said["paths"]["/api/v1/mugs"]["post"]["responses"][status]
    shape = f"{family.capitalize()}Error"

    assert reply == {"$ref": f"#/components/responses/{shape}{status}"}
    medium = said["components"]["responses"][f"{shape}{status}"]["content"]["application/json"]
    assert medium["schema"] == {"$ref": f"#/components/schemas/{shape}"}
    assert "invalid_input" in medium["examples"]


def test_patch_and_put_of_one_view_are_two_operations():
    app = Flask("test")
    app.config.update(API_TITLE="Test", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    blueprint = Blueprint("jobs", "jobs")

    @on(blueprint, "/api/v1/mugs/<mug>", "PATCH", gives=Mug)
    @on(blueprint, "/api/v1/mugs/<mug>", "PUT", gives=Mug)
    def change(mug: str) -> None:
        """Change it."""

    published = Published(app, Publisher(FAMILIES))
    published.register_blueprint(blueprint)
    item = published.document["paths"]["/api/v1/mugs/{mug}"]
    assert item["put"]["operationId"] == "jobs_put_change"
    assert item["patch"]["operationId"] == "jobs_change"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", [each.name for each in CATALOGUE])
def test_every_familys_submissions_make_a_valid_document(family, name):
    said = submission(name, family)["paths"]["/api/v1/made"]["post"]

    assert {"200", "202", "401", "402", "409", "413", "415", "429", "503"} <= {*said["responses"]}
    sent = [each["$ref"].rpartition("/")[2] for each in said["parameters"]]
    assert sent == ["IdempotencyKey", "Prefer", "CancelAfter"]


def test_a_file_is_binary_in_multipart_and_text_or_base64_in_json():
    said = submission("test.frame")
    content = said["paths"]["/api/v1/made"]["post"]["requestBody"]["content"]
    schemas = said["components"]["schemas"]

    assert {*content} == {"application/json", "multipart/form-data"}
    assert schemas["JobsMadeBodyForm"]["properties"]["image"]["format"] == "binary"
    plain = schemas["JobsMadeBody"]
    assert plain["properties"]["image"]["type"] == "string"
    assert "format" not in plain["properties"]["image"]
    needed = [each["required"] for each in plain["allOf"][0]["oneOf"]]
    assert needed == [["image"], ["image_base64"], ["content_base64"]]


def test_a_submission_may_be_a_dry_run():
    said = submission()
    reply = said["paths"]["/api/v1/made"]["post"]["responses"]["200"]

    assert (
        said["components"]["schemas"]["JobsMadeBody"]["properties"]["dry_run"]["default"] is False
    )
    assert len(reply["content"]["application/json"]["schema"]["anyOf"]) == 2


def test_two_bodies_of_one_name_are_refused():
    other = dataclass(frozen=True)(
        type("MugAsked", (), {"__annotations__": {"size": Annotated[int, Help("x"), Range(1, 2)]}})
    )
    app = Flask("test")
    app.config.update(API_TITLE="Test", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    blueprint = Blueprint("jobs", "jobs")
    on(blueprint, "/a", "POST", takes=MugAsked, gives=Mug)(lambda: None)
    on(blueprint, "/b", "POST", takes=other, gives=Mug)(lambda: None)

    with pytest.raises(TypeError, match="two schemas are called MugAsked"):
        Published(app, Publisher(FAMILIES)).register_blueprint(blueprint)
