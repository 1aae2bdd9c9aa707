from __future__ import annotations

import pytest
from apispec import APISpec
from openapi_spec_validator import validate

from appliance.core.operation import Catalogue
from appliance.web import openapi
from appliance.web.form import Derived
from tests.support.box import OPERATIONS

CATALOGUE = Catalogue(OPERATIONS)
FAMILIES = ("jobs", "wallet", "tools", "product", "studio", "native")


def path(operation="test.card", family="jobs"):
    return openapi.submission(Derived(operation).form(CATALOGUE), family)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_familys_submissions_make_a_valid_document(family):
    spec = APISpec("Test", "1", "3.1.0")
    openapi.describe(spec)
    for operation in CATALOGUE:
        spec.path(f"/{operation.name}", operations={"post": path(operation.name, family)})
    spec.path("/plain", operations={"get": {"responses": openapi.replies(family)}})

    validate(spec.to_dict())


def test_a_form_without_files_may_be_urlencoded_and_one_with_files_multipart():
    assert set(path()["requestBody"]["content"]) == {
        *("application/json", "application/x-www-form-urlencoded"),
    }
    assert set(path("test.frame")["requestBody"]["content"]) == {
        *("application/json", "multipart/form-data"),
    }


def test_a_file_is_binary_in_multipart_and_text_in_json():
    content = path("test.frame")["requestBody"]["content"]
    kinds = {kind: body["schema"]["properties"]["image"] for kind, body in content.items()}

    assert kinds["multipart/form-data"]["format"] == "binary"
    assert "format" not in kinds["application/json"]
    assert kinds["application/json"]["type"] == "string"


def test_a_body_is_required_where_a_field_is():
    none_needed = Derived("test.card", leave_out=("text",)).form(CATALOGUE)

    assert path()["requestBody"]["required"] is True
    assert openapi.submission(none_needed, "jobs")["requestBody"]["required"] is False


@pytest.mark.parametrize("family", FAMILIES)
def test_every_documented_status_wears_the_familys_form(family):
    name = "Jobs" if family == "native" else family.capitalize()
    responses = path(family=family)["responses"]

    for status, response in responses.items():
        ending = "Reply" if status.startswith("2") else "Error"
        schema = response["content"]["application/json"]["schema"]
        assert schema == {"$ref": f"#/components/schemas/{name}{ending}"}
    assert {"200", "202", "401", "402", "422", "429", "503"} <= set(responses)
