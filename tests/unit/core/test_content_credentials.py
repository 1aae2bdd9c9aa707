from __future__ import annotations

from appliance.core.content_credentials import Signer, ingredient, manifest
from appliance.core.provenance import Origin

SAYS = {"Software": "Studio Appliance 1.2", "Job": "job_1", "Operation": "image.generate"}
MODEL = {"Model": "tiny-sdxl", "ModelDigest": "ab12", "Seed": "7"}
GENERATED = Origin("http://iptc/trainedAlgorithmicMedia", SAYS | MODEL | {"Parameters": "a secret"})


def actions(made) -> list:
    return made["assertions"][0]["data"]["actions"]


def test_what_a_model_made_was_created_by_it():
    made = manifest(GENERATED, "mug.png", [])

    assert made["title"] == "mug.png"
    assert made["claim_generator_info"] == [{"name": "Studio Appliance", "version": "1.2"}]
    assert actions(made) == [
        {
            "action": "c2pa.created",
            "digitalSourceType": GENERATED.source_type,
            "softwareAgent": {"name": "tiny-sdxl"},
            "description": "image.generate",
        }
    ]


def test_a_photo_that_is_worked_on_is_opened_and_edited_and_what_is_put_to_it_is_placed():
    made = manifest(Origin("http://iptc/composite", SAYS), "mug.png", ["photo.jpg", "logo.png"])

    assert [each["action"] for each in actions(made)] == [
        "c2pa.opened",
        "c2pa.placed",
        "c2pa.edited",
    ]
    named = [each["parameters"]["ingredientIds"] for each in actions(made)[:2]]
    given = [ingredient(number, name) for number, name in enumerate(["photo.jpg", "logo.png"])]
    assert named == [[each["label"]] for each in given]
    assert [each["relationship"] for each in given] == ["parentOf", "componentOf"]
    assert actions(made)[2]["softwareAgent"] == {"name": "Studio Appliance 1.2"}


def test_the_words_of_a_request_are_not_signed_into_the_file():
    made = manifest(GENERATED, "mug.png", [])

    told = made["assertions"][1]["data"]
    assert told == {"Job": "job_1", "Operation": "image.generate"} | MODEL
    assert "a secret" not in str(made)


def test_a_signer_does_not_show_its_key():
    assert "very private" not in repr(Signer(b"chain", b"very private"))
