"""Characters as accounts meet them: which there are, which are open, and who opens them."""

from __future__ import annotations

from appliance.adapters.characters import Cast, family_of, present
from appliance.adapters.database import Transaction
from appliance.core.character import Access, Character
from appliance.core.clock import micros
from appliance.core.errors import CharacterLocked, InvalidInput, ModelNotInstalled, NotFound
from appliance.core.ids import AccountId
from appliance.core.jobs import Request
from appliance.core.model import Model
from appliance.services.box import Box


def cast(box: Box) -> tuple[Character, ...]:
    """Every character of the box whose licence allows its use here."""
    allowed = box.settings.models.allow_non_commercial
    return tuple(each for each in Cast(box.home.models).all() if allowed or each.commercial_use)


def list_characters(box: Box, account: AccountId) -> list[Access]:
    """Every character of the box, as the account may use it."""
    granted = {
        row[0]
        for row in box.db.rows(
            "SELECT character FROM character_grant WHERE account = ?", (account,)
        )
    }
    done = _jobs_done(box, account)
    return [_access(each, done, granted=each.id in granted) for each in cast(box)]


def _access(character: Character, done: int, *, granted: bool) -> Access:
    if character.unlock_jobs is None:
        return Access(character, unlocked=granted, current=int(granted), required=1)
    required = character.unlock_jobs
    return Access(character, granted or done >= required, min(done, required), required)


def _jobs_done(box: Box, account: AccountId) -> int:
    # A test key's jobs cost nothing, so they open nothing.
    row = box.db.row(
        "SELECT count(*) FROM job"
        " WHERE account = ? AND state = 'completed' AND environment = 'live'",
        (account,),
    )
    return int(row[0]) if row else 0


def check(box: Box, request: Request, models: dict[str, str]) -> None:
    """Let a request with a character through, whose models were resolved, or say why not.

    Raises InvalidInput for a character nobody knows or of another family than the model's,
    CharacterLocked, ModelNotInstalled.
    """
    asked = getattr(request.params, "character", None)
    if not isinstance(asked, str):
        return
    mine = {each.character.id: each for each in list_characters(box, request.actor.account)}
    access = mine.get(asked)
    if access is None:
        known = ", ".join(mine) or "none"
        raise InvalidInput(f"Unknown character {asked[:80]!r}. Known: {known}.", field="character")
    if not access.unlocked:
        raise _locked(access)
    model = box.shelf.find(next(iter(models.values()), ""))
    if model:
        _check_family(access.character, model)
    find(box, asked)


def _locked(access: Access) -> CharacterLocked:
    character = access.character
    way = (
        "an admin of the appliance can unlock it"
        if character.unlock_jobs is None
        else f"{access.required - access.current} more completed jobs unlock it"
    )
    return CharacterLocked(
        f"The character {character.id} is locked: {way}.",
        field="character",
        details={"progress": {"current": access.current, "required": access.required}},
    )


def _check_family(character: Character, model: Model) -> None:
    family = family_of(model)
    if family and family != character.base_model:
        raise InvalidInput(
            f"The character {character.id} was made for {character.base_model} models;"
            f" {model.id} is one of {family}.",
            field="character",
            details={"base_model": character.base_model, "model": model.id, "family": family},
        )


def find(box: Box, character_id: str) -> Character:
    """The character with its weights in place. Raises ModelNotInstalled."""
    found = next((each for each in cast(box) if each.id == character_id), None)
    if found is None or not present(found):
        raise ModelNotInstalled(
            f"The file of the character {character_id} is absent. Put it in place, or import it"
            " on the appliance: appliance models import FILE.",
            details={"character": character_id},
        )
    return found


def grant(box: Box, account: AccountId, character_id: str) -> None:
    """Open a character to an account. Nothing happens if it is open. Raises NotFound."""
    with box.db.transaction() as tx:
        _check_both(tx, box, account, character_id)
        tx.run(
            "INSERT INTO character_grant(account, character, granted_at) VALUES (?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (account, character_id, micros(box.clock.now())),
        )


def revoke(box: Box, account: AccountId, character_id: str) -> None:
    """Take a grant back; completed jobs still open what they open. Raises NotFound."""
    with box.db.transaction() as tx:
        _check_both(tx, box, account, character_id)
        tx.run(
            "DELETE FROM character_grant WHERE account = ? AND character = ?",
            (account, character_id),
        )


def _check_both(tx: Transaction, box: Box, account: AccountId, character_id: str) -> None:
    if character_id not in {each.id for each in cast(box)}:
        raise NotFound(f"There is no character {character_id[:80]!r}.")
    if tx.row("SELECT 1 FROM account WHERE id = ?", (account,)) is None:
        raise NotFound("There is no such account.")
