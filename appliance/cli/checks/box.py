"""The box: its models and characters, its secrets, its books."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

from appliance.adapters.characters import Cast, intact, present
from appliance.adapters.config import SettingsError
from appliance.adapters.manifests import damaged, installed
from appliance.cli.checks.check import Check
from appliance.core.character import Character
from appliance.core.model import Model
from appliance.services import provenance
from appliance.services.box import Box
from appliance.services.money import audit

_SOON = timedelta(days=30)  # enough to get another certificate


def checks(box: Box, *, deep: bool) -> list[Check]:
    """Every finding about the box. `deep` reads every byte of the weights."""
    return [
        *_models(box, deep=deep),
        *_characters(box, deep=deep),
        _private("secrets", box.home.secrets, 0o600),
        _private("data folder", box.home.data, 0o700),
        _certificate(box),
        _books(box),
    ]


def _models(box: Box, *, deep: bool) -> list[Check]:
    known = box.shelf.all()
    here = [model for model in known if installed(model) or model.starter or _begun(model)]
    absent = len(known) - len(here)
    lines = [_model(model, deep=deep) for model in here]
    lines += [_fault(fault) for fault in box.shelf.faults()]
    if absent:
        says = f"{absent} more are known and not installed (appliance models list)"
        lines.append(Check("models", ok=True, says=says))
    return lines


def _begun(model: Model) -> bool:
    return any(model.path(each.name).exists() for each in model.files)


def _model(model: Model, *, deep: bool) -> Check:
    name = f"model {model.id}"
    do = f"appliance models install {model.id}"
    if not installed(model):
        says = "files are missing or cut" if _begun(model) else "absent"
        return Check(name, ok=False, says=says, do=do, needed=False)
    wrong = damaged(model) if deep else ()
    if wrong:
        says = f"changed since it was installed ({', '.join(wrong[:3])})"
        return Check(name, ok=False, says=says, do=do, needed=False)
    return Check(name, ok=True, says="every byte is right" if deep else model.title)


def _characters(box: Box, *, deep: bool) -> list[Check]:
    cast = Cast(box.home.models)
    return [_character(each, deep=deep) for each in cast.all()] + [
        _fault(each) for each in cast.faults()
    ]


def _character(character: Character, *, deep: bool) -> Check:
    right = intact(character) if deep else present(character)
    says = character.name if right else "its file is missing or changed"
    do = f"put {character.file.name} into {character.folder} again"
    return Check(f"character {character.id}", right, says, do=do, needed=False)


def _fault(fault: Exception) -> Check:
    return Check("manifest", ok=False, says=str(fault), needed=False)


def _private(name: str, path: Path, right: int) -> Check:
    """Only the box's own user may look inside."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        return Check(name, ok=False, says=f"{path}: {error.strerror}", do="appliance init")
    says = f"{path} has the mode {mode:04o}"
    return Check(name, not mode & 0o077, says, do=f"chmod {right:o} {path}")


def _certificate(box: Box) -> Check:
    """What made files are signed with."""
    name, do = "certificate", "set worker.certificate to one that lasts, or empty; then restart"
    try:
        found = provenance.signs_until(box)
    except SettingsError as error:
        return Check(name, ok=False, says=str(error), do=do)
    if found is None:
        return Check(name, ok=True, says="made when the worker starts for the first time")
    until, issuer = found
    says = f"of {issuer}, until {until:%Y-%m-%d}"
    return Check(name, until - box.clock.now() > _SOON, says, do=do, needed=False)


def _books(box: Box) -> Check:
    faults = audit.faults(box.db)
    says = "; ".join(faults) or "in order"
    return Check("ledger", not faults, says, do="appliance ledger verify")
