from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.core.model import Model, WeightFile
from appliance.core.provenance import origin, still_generated

SDXL = Model(
    id="sdxl",
    title="SDXL",
    ability="image.text_to_image",
    engine="diffusion.text_to_image",
    runtime="torch",
    layout="diffusers",
    folder=Path("models/sdxl"),
    files=(WeightFile("model.safetensors", 3, "0" * 64),),
    licence="openrail",
    commercial_use=True,
    memory_mb=1,
)


def told(operation="image.generate", params=None, models=None):
    return origin(
        job="job_1",
        operation=operation,
        params=params or {},
        models={"image.text_to_image": SDXL} if models is None else models,
        software="Studio Appliance 1",
    )


def test_a_models_picture_out_of_words_is_said_to_be_one():
    made = told(params={"prompt": "a red kettle", "seed": 7})

    assert made.source_type.endswith("/trainedAlgorithmicMedia")
    assert made.says["Model"] == "sdxl"
    assert made.says["ModelDigest"] == SDXL.digest
    assert made.says["Seed"] == "7"


def test_all_models_are_told_that_had_a_part_in_it():
    larger = replace(SDXL, id="larger", ability="image.upscaler")
    made = told(models={"image.text_to_image": SDXL, "image.upscaler": larger})

    assert made.says["Model"] == "sdxl, larger"
    assert made.says["ModelDigest"] == f"{SDXL.digest}, {larger.digest}"


def test_a_models_picture_with_a_photo_in_it_is_a_composite():
    made = told(params={"image": {"file": "upl_1"}})

    assert made.source_type.endswith("/compositeWithTrainedAlgorithmicMedia")


def test_a_photo_among_several_makes_a_composite_too():
    made = told(params={"images": [{"file": "upl_1"}, {"file": "upl_2"}]})

    assert made.source_type.endswith("/compositeWithTrainedAlgorithmicMedia")


def test_a_product_photo_worked_on_without_a_model_is_enhanced():
    made = told("product.process", {"image": {"file": "upl_1"}}, models={})

    assert made.source_type.endswith("/algorithmicallyEnhanced")
    assert "Model" not in made.says


def test_a_mere_change_of_format_says_nothing_of_the_kind():
    assert told("tools.image_convert", {"image": {"file": "upl_1"}}, models={}).source_type == ""


def test_the_parameters_are_told_as_json_in_the_callers_letters():
    says = told(params={"prompt": "niña", "count": 2}).says

    assert says["Parameters"] == '{"count": 2, "prompt": "niña"}'
    assert json.loads(says["Parameters"]) == {"prompt": "niña", "count": 2}
    assert says["Job"] == "job_1"
    assert says["Operation"] == "image.generate"


def test_a_job_without_a_seed_says_none():
    assert "Seed" not in told(params={"seed": None}).says


FINDER = replace(SDXL, id="finder", ability="image.person_mask")


@pytest.mark.parametrize("models", [{}, {"image.person_mask": FINDER}])
@pytest.mark.parametrize("operation", ["product.background", "product.photoshoot"])
def test_a_photo_laid_over_what_was_drawn_is_a_plain_composite(operation, models):
    made = told(operation, {"image": {"file": "upl_1"}, "style": "marble"}, models=models)

    assert made.source_type.endswith("/composite")


def test_a_photo_laid_over_what_a_model_made_is_a_composite_with_that():
    models = {"image.text_to_image": SDXL, "image.person_mask": FINDER}
    made = told("product.background", {"image": {"file": "upl_1"}, "prompt": "a"}, models)

    assert made.source_type.endswith("/compositeWithTrainedAlgorithmicMedia")


@pytest.mark.parametrize("operation", ["product.process", "product.relight"])
def test_a_model_that_only_looks_makes_no_pixel(operation):
    made = told(operation, {"image": {"file": "upl_1"}}, {"image.person_mask": FINDER})

    assert made.source_type.endswith("/algorithmicallyEnhanced")
    assert made.says["Model"] == "finder"


@pytest.mark.parametrize("operation", ["product.process", "tools.image_convert"])
@pytest.mark.parametrize("kind", ["trainedAlgorithmicMedia", "compositeSynthetic"])
def test_what_is_made_of_a_generated_picture_stays_generated(operation, kind):
    made = told(operation, {"image": {"file": "upl_1"}}, {})

    assert still_generated(made, kind).source_type.endswith(f"/{kind}")
    assert still_generated(made, kind).says == made.says


def test_a_photo_and_a_models_own_picture_keep_their_origin():
    photo = told("product.process", {"image": {"file": "upl_1"}}, {})
    painted = told(params={"image": {"file": "upl_1"}})

    assert still_generated(photo, "") == photo
    assert still_generated(painted, "trainedAlgorithmicMedia") == painted
