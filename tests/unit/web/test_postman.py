from __future__ import annotations

from appliance.web.postman import collection

IMAGE = {"type": "string", "format": "binary", "description": "The picture"}
SCHEMA = {
    "properties": {"image": IMAGE, "scale": {"type": "integer", "default": 2}},
    "required": ["image"],
}
SPEC = {
    "info": {"title": "Box"},
    "paths": {
        "/api/v1/upscale": {
            "post": {
                "tags": ["product"],
                "summary": "Enlarge",
                "requestBody": {"content": {"multipart/form-data": {"schema": SCHEMA}}},
            }
        },
        "/api/v1/jobs/{job}": {"get": {"tags": ["jobs"]}, "parameters": []},
    },
}


def test_each_tag_is_a_folder_of_its_requests():
    made = collection(SPEC, "http://box.local")

    assert [folder["name"] for folder in made["item"]] == ["product", "jobs"]
    assert made["variable"][0] == {"key": "base", "value": "http://box.local"}
    assert made["auth"]["bearer"][0]["value"] == "{{key}}"


def test_a_path_variable_is_one_of_postmans():
    request = collection(SPEC, "")["item"][1]["item"][0]["request"]

    assert request["url"]["raw"] == "{{base}}/api/v1/jobs/:job"
    assert request["url"]["variable"] == [{"key": "job", "value": ""}]
    assert "body" not in request


def test_a_form_has_files_and_texts_with_what_is_optional_switched_off():
    body = collection(SPEC, "")["item"][0]["item"][0]["request"]["body"]
    image, scale = body["formdata"]

    assert (image["type"], image["disabled"]) == ("file", False)
    assert (scale["value"], scale["disabled"]) == ("2", True)
