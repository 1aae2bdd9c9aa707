"""Characters as accounts meet them: open, locked, granted, earned."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from appliance.core.errors import (
    CharacterLocked,
    InvalidInput,
    ModelNotInstalled,
    NotFound,
)
from appliance.core.ids import AccountId
from appliance.core.jobs import Environment
from appliance.operations import discover
from appliance.services import characters
from appliance.services.jobs import outcome
from appliance.services.jobs.admission import admit
from appliance.services.jobs.estimating import estimate
from appliance.services.jobs.outcome import Result
from tests.support.box import alive, ask, claim, opened_box, put_model, submit
from tests.support.loras import add_character, save_lora
from tests.support.personas import move_in


@pytest.fixture
def add(box):
    """Puts a character onto the box."""

    def put(character_id: str, unlock_jobs: int | None = 0, **changes):
        made = save_lora({"x.lora": torch.ones(1)}, box.home.models / "loras", character_id)
        return add_character(box.home.models, replace(made, unlock_jobs=unlock_jobs, **changes))

    return put


def seen(box, account) -> dict[str, tuple[bool, int, int]]:
    found = characters.list_characters(box, account)
    return {each.character.id: (each.unlocked, each.current, each.required) for each in found}


def complete(box, actor, count: int = 1) -> None:
    for _ in range(count):
        submit(box, actor)
        assert outcome.finish(box, claim(box), Result([], {}, [], 1.0))


def test_each_is_open_earned_or_granted(box, ada, add):
    add("free")
    add("earned", 2)
    add("given", None)

    assert seen(box, ada.account) == {
        "earned": (False, 0, 2),
        "free": (True, 0, 0),
        "given": (False, 0, 1),
    }


def test_completed_jobs_open_one_and_other_jobs_do_not(box, ada, add):
    add("earned", 2)
    complete(box, ada.actor)
    submit(box, ada.actor)
    outcome.fail(box, claim(box), InvalidInput("No."))
    complete(box, replace(ada.actor, environment=Environment.TEST), 3)
    assert seen(box, ada.account) == {"earned": (False, 1, 2)}

    complete(box, ada.actor, 2)

    assert seen(box, ada.account) == {"earned": (True, 2, 2)}


def test_a_grant_opens_one_to_that_account_only_and_can_be_taken_back(box, cast, add):
    add("given", None)
    add("earned", 5)
    ada, stranger = cast.ada.account, cast.cyd.account
    for character in ("given", "earned"):
        characters.grant(box, ada, character)
        characters.grant(box, ada, character)

    assert seen(box, ada) == {"earned": (True, 0, 5), "given": (True, 1, 1)}
    assert not any(unlocked for unlocked, _, _ in seen(box, stranger).values())

    characters.revoke(box, ada, "given")
    assert seen(box, ada)["given"] == (False, 0, 1)


def test_a_grant_needs_a_character_and_an_account(box, ada, add):
    add("given", None)

    with pytest.raises(NotFound, match="no character 'nobody'"):
        characters.grant(box, ada.account, "nobody")
    with pytest.raises(NotFound, match="no such account"):
        characters.grant(box, AccountId("acc_none"), "given")
    with pytest.raises(NotFound):
        characters.revoke(box, ada.account, "nobody")


def test_what_may_not_be_used_commercially_is_not_there(box, ada, add):
    add("private", commercial_use=False)

    assert seen(box, ada.account) == {}
    with pytest.raises(ModelNotInstalled):
        characters.find(box, "private")


def test_one_whose_file_is_gone_is_told(box, add):
    add("free").path.unlink()

    with pytest.raises(ModelNotInstalled, match="file of the character free is absent"):
        characters.find(box, "free")


@pytest.fixture
def painting(tmp_path, clock):
    """A box with the real operations, a model of a family, and who asks it."""
    with opened_box(tmp_path / "painting", catalogue=discover(), clock=clock) as box:
        put_model(box, "painter", ability="image.text_to_image")
        manifest = box.home.models / "painter.toml"
        manifest.write_text('family = "sdxl"\n' + manifest.read_text())
        alive(box)
        yield box, move_in(box).ada.actor


def request(box, actor, character: str | None):
    operation = box.catalogue["image.generate"]
    params = operation.read({"prompt": "A cat", "character": character})
    return ask(actor, "image.generate", params=params, price_entry="jobs.generate")


def put(box, character_id: str, **changes) -> None:
    made = save_lora({"x.lora": torch.ones(1)}, box.home.models / "loras", character_id)
    add_character(box.home.models, replace(made, **changes))


def test_admission_takes_a_job_with_an_open_character(painting):
    box, actor = painting
    put(box, "free")

    job = admit(box, request(box, actor, "free")).job

    assert job.params["character"] == "free"


@pytest.mark.parametrize(
    ("changes", "error", "why"),
    [
        ({"unlock_jobs": 3}, CharacterLocked, "locked: 3 more completed jobs unlock it"),
        ({"unlock_jobs": None}, CharacterLocked, "an admin of the appliance can unlock it"),
        ({"base_model": "flux"}, InvalidInput, "made for flux models; painter is one of sdxl"),
        ({"commercial_use": False}, InvalidInput, "Unknown character 'mira'. Known: none."),
    ],
)
def test_any_other_is_refused_and_nothing_is_charged(painting, changes, error, why):
    box, actor = painting
    put(box, "mira", **changes)

    for attempt in (admit, estimate):
        with pytest.raises(error, match=why) as refused:
            attempt(box, request(box, actor, "mira"))
        assert refused.value.field == "character"

    assert box.db.row("SELECT count(*) FROM job") == (0,)
    assert box.db.row("SELECT count(*) FROM hold") == (0,)


def test_without_a_character_nothing_is_asked(painting):
    box, actor = painting

    assert admit(box, request(box, actor, None)).job.params["character"] is None
