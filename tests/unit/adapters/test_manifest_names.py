from __future__ import annotations

import pytest

from appliance.adapters.manifest_names import MODEL_ID, id_of, is_inside


@pytest.mark.parametrize("name", ["w.bin", "unet/w.bin", "a/b/c d.json"])
def test_a_name_within_its_folder_is_inside(name):
    assert is_inside(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../w", "a/../../w", "/etc/w", ".git/w", "a/.hidden", "a\\b", "a\0b"]
)
def test_any_other_is_not(name):
    assert not is_inside(name)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("My Model v2.safetensors", "my-model-v2"),
        ("FLUX.1-schnell", "flux.1-schnell"),
        ("Straße (final)", "stra-e-final"),
        ("…", "model"),
        ("x" * 200, "x" * 80),
    ],
)
def test_any_name_makes_an_id(name, made):
    assert id_of(name) == made
    assert MODEL_ID.fullmatch(made)
