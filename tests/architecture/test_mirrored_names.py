"""A source file and its unit test have the same name, both ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.adapters.config import CHECKOUT

# Web, worker and cli are tested from outside (families, worker, cli); an operation by the
# catalogue's matrix, its own file under tests/operations and the goldens.
ROOMS = ("core", "adapters", "media", "engines", "services")
SOURCES, TESTS = CHECKOUT / "appliance", CHECKOUT / "tests" / "unit"

# Sources without a test of their name, and why.
UNTESTED: dict[str, str] = {
    "adapters/sections.py": "names and types; the tests of config.py are its test",
    "core/abilities/installer.py": "a Protocol; the tests of adapters/weights are its test",
    "core/abilities/key.py": "a name and a type; mypy checks it",
    "core/abilities/person_mask.py": "a Protocol; the engines' tests are its test",
    "core/abilities/text_to_image.py": "a Protocol; the engines' tests are its test",
    "core/abilities/upscaler.py": "a Protocol; the engines' tests are its test",
}
# Tests without a source of their name, and why.
ON_THEIR_OWN: dict[str, str] = {
    "adapters/database_as_one.py": "of database.py, what is about transactions that are one",
    "services/files/uploads_stored_once.py": "of uploads.py, what is about the same bytes twice",
    "services/webhooks/disabling.py": "of delivering.py, what is about endpoints that are no more",
}


def _sources() -> set[str]:
    found = {file.relative_to(SOURCES) for room in ROOMS for file in (SOURCES / room).rglob("*.py")}
    return {
        str(file)
        for file in found
        if file.name != "__init__.py" and not {"migrations", "vendor"} & set(file.parts)
    }


def _tests() -> set[str]:
    found = {file for room in ROOMS for file in (TESTS / room).rglob("test_*.py")}
    return {_source_of(file.relative_to(TESTS)) for file in found}


def _source_of(test: Path) -> str:
    return str(test.with_name(test.name.removeprefix("test_")))


def test_every_source_has_a_test_of_its_name() -> None:
    untested = sorted(_sources() - _tests() - set(UNTESTED))

    assert not untested, "\n".join(untested)


def test_every_unit_test_has_a_source_of_its_name() -> None:
    astray = sorted(_tests() - _sources() - set(ON_THEIR_OWN))

    assert not astray, "\n".join(astray)


@pytest.mark.parametrize("name", UNTESTED)
def test_an_exception_is_a_source_without_a_test(name: str) -> None:
    assert name in _sources()
    assert name not in _tests()


def test_a_test_on_its_own_exists_and_has_no_source() -> None:
    assert set(ON_THEIR_OWN) <= _tests() - _sources()
