"""Foreign model names: what config.toml says of each, and what an admin said since."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from appliance.core.clock import micros
from appliance.core.errors import InvalidInput
from appliance.services.box import Box

MEDIA = ("image", "video", "voice", "avatar")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,99}")
_BOX_CHOOSES = ("", "default", *(f"default:{each}" for each in MEDIA))


@dataclass(frozen=True)
class Alias:
    """A foreign name. `target`: a model's id, or "default" (of a medium: "default:video") for the
    best installed one. `configured`: what config.toml says, None if it does not know the name.
    """

    name: str
    target: str
    configured: str | None


def aliases(box: Box) -> dict[str, str]:
    """Every foreign name with its target."""
    rows = box.db.rows("SELECT name, target FROM alias")
    return {**box.settings.aliases, **{str(name): str(target) for name, target in rows}}


def listed(box: Box) -> list[Alias]:
    """Every foreign name, by name."""
    configured = box.settings.aliases
    return [
        Alias(name, target, configured.get(name)) for name, target in sorted(aliases(box).items())
    ]


def change(box: Box, wanted: Mapping[str, str | None]) -> None:
    """Point the named aliases elsewhere; None takes back what was said over config.toml.

    Raises InvalidInput for a name out of form or a model nobody knows.
    """
    for name, target in wanted.items():
        _check(box, name, target)
    now = micros(box.clock.now())
    with box.db.transaction() as tx:
        for name, target in wanted.items():
            tx.run("DELETE FROM alias WHERE name = ?", (name,))
            if target is not None:
                tx.run(
                    "INSERT INTO alias(name, target, changed_at) VALUES (?, ?, ?)",
                    (name, target, now),
                )


def chosen_by_box(target: str, ability: str) -> bool:
    """Whether a target leaves the choice of a model of this ability to the box."""
    return target in ("", "default", f"default:{ability.partition('.')[0]}")


def _check(box: Box, name: str, target: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name[:80]!r} is no alias: letters, digits, . _ - only.", field="aliases"
        )
    known = {model.id for model in box.shelf.all()}
    if name in known:
        raise InvalidInput(f"{name} is a model of its own, and no alias.", field="aliases")
    if target is not None and target not in known and target not in _BOX_CHOOSES:
        raise InvalidInput(
            f"{name}: there is no model {target[:80]!r}. It is a model's id, or one of"
            f" {', '.join(_BOX_CHOOSES[1:])}.",
            field="aliases",
        )
