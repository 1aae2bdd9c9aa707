from __future__ import annotations

from pathlib import Path

from appliance.core.character import Character
from appliance.core.model import WeightFile


def character(*triggers: str) -> Character:
    file = WeightFile("mira.safetensors", 3, "ab" * 32)
    return Character(
        "mira", "Mira", "sdxl", Path("/models/mira"), file, "CC0-1.0", True, triggers=triggers
    )


def test_trigger_words_that_are_missing_stand_before_the_prompt():
    mira = character("mira woman", "freckles")

    assert mira.prompt("on a beach") == "mira woman, freckles, on a beach"
    assert mira.prompt("Mira Woman on a beach") == "freckles, Mira Woman on a beach"
    assert character().prompt("on a beach") == "on a beach"


def test_its_file_and_digest_are_those_of_its_weights():
    assert character().path == Path("/models/mira/mira.safetensors")
    assert character().digest == "ab" * 32
