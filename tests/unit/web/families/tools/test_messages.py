from __future__ import annotations

import pytest

from appliance.core import errors
from appliance.core.errors import InvalidInput, NotFound, all_errors
from appliance.web.families.family import Refused
from appliance.web.families.tools.envelope import ToolsEnvelope
from appliance.web.families.tools.messages import language, sentence

OURS = [kind for kind in all_errors() if kind.__module__ == errors.__name__]


@pytest.mark.parametrize(
    ("accepted", "default", "spoken"),
    [
        ((), "en", "en"),
        ((), "es", "es"),
        (("es",), "en", "es"),
        (("es-MX",), "en", "es"),
        (("ES",), "en", "es"),
        (("fr", "es", "en"), "en", "es"),
        (("en-GB", "es"), "es", "en"),
        (("fr", "*"), "es", "es"),
        (("", "x"), "en", "en"),
    ],
)
def test_the_first_language_that_both_speak_is_spoken(accepted, default, spoken):
    assert language(accepted, default) == spoken


@pytest.mark.parametrize("kind", OURS)
def test_every_refusal_can_be_said_in_spanish(kind):
    words = "English words."
    body = ToolsEnvelope("es").refuse(kind(words), Refused("req_1")).body

    assert body["error"] != words


def test_the_field_that_is_wrong_is_named_in_either_language():
    error = InvalidInput("size must be between 64 and 4096 px.", field="size")

    assert sentence("invalid_input", error, "en") == error.message
    assert sentence("invalid_input", error, "es") == "Entrada no válida: size."


def test_english_keeps_the_facts_of_the_case_where_the_contract_gives_no_sentence():
    assert sentence("not_found", NotFound("There is no job '7'."), "en") == "There is no job '7'."


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("missing_api_key", "Missing API key."),
        ("insufficient_api_balance", "Insufficient API balance."),
        ("unknown_tool", "Unknown tool."),
    ],
)
def test_the_contracts_own_sentences_are_kept_to_the_letter(code, words):
    assert sentence(code, NotFound("Something else."), "en") == words
