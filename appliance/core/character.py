"""A character: a LoRA, small weights that teach a model one person, creature or style."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.core.model import WeightFile


@dataclass(frozen=True)
class Character:
    """A character's manifest as a value.

    `base_model`: the family it was trained for (sd15, sdxl, flux …). `triggers`: words the prompt
    must hold for it to show. `unlock_jobs`: completed jobs that open it to an account, 0 for open
    to all, None for an admin's grant only. Whether the file is there is asked of
    `adapters.characters.present`.
    """

    id: str
    name: str
    base_model: str
    folder: Path
    file: WeightFile
    licence: str
    commercial_use: bool
    triggers: tuple[str, ...] = ()
    licence_note: str = ""
    unlock_jobs: int | None = 0

    @property
    def path(self) -> Path:
        """Where its weights lie."""
        return self.folder / self.file.name

    @property
    def digest(self) -> str:
        """SHA-256 of its weights, in hex."""
        return self.file.sha256

    def prompt(self, asked: str) -> str:
        """The prompt with the trigger words that it lacks before it."""
        lacking = [each for each in self.triggers if each.lower() not in asked.lower()]
        return ", ".join([*lacking, asked])


@dataclass(frozen=True)
class Access:
    """Whether an account may use a character. `current` of `required`: how near it is to that."""

    character: Character
    unlocked: bool
    current: int
    required: int
