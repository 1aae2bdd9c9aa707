"""A run context in memory: pictures by upload id, engines by ability, published pictures kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from appliance.core.abilities.key import AbilityKey
from appliance.core.character import Character
from appliance.core.files import Facts, Kind, Made, Upload
from appliance.core.operation import PNG, Operation, Output, PictureFormat, Published
from appliance.core.picture import Picture
from appliance.core.progress import Progress, Step


def upload(name: str = "photo.png") -> Upload:
    """An upload of this name; its pixels are in the context."""
    return Upload(
        f"upl_{name}", Path("/nowhere") / name, name, "image/png", Kind.IMAGE, 1, "0" * 64
    )


def plain(width: int, height: int, colour: tuple[int, ...] = (200, 60, 120)) -> Picture:
    return Picture(np.full((height, width, len(colour)), colour, np.uint8))


class FakeContext:
    """What an operation sees of the box. `made` holds (picture, name, format) as published."""

    def __init__(
        self, pictures: Mapping[str, Picture] | None = None, offers: Mapping[str, Any] | None = None
    ) -> None:
        self.pictures, self.offers = dict(pictures or {}), dict(offers or {})
        self.characters: dict[str, Character] = {}
        self.made: list[tuple[Picture, str, PictureFormat]] = []
        self.steps: list[Step] = []
        self.progress = Progress(self.steps.append, lambda: None)

    def picture(self, given: Upload) -> Picture:
        return self.pictures[given.name]

    def ability(self, key: AbilityKey[Any]) -> Any:
        return self.offers[key.name]

    def has(self, key: AbilityKey[Any]) -> bool:
        return key.name in self.offers

    def character(self, character_id: str) -> Character:
        return self.characters[character_id]

    def publish(self, picture: Picture, *, name: str, format: PictureFormat = PNG) -> Published:
        self.made.append((picture, name, format))
        facts = Facts(picture.width, picture.height)
        made = Made(name, Path("/nowhere"), f"image/{format.format}", Kind.IMAGE, 1, "", facts)
        return Published(len(self.made) - 1, name, lambda: made)

    def scratch(self, name: str) -> Path:
        raise AssertionError("pictures are published, not files")

    def publish_file(self, path: Path, *, name: str, mime: str) -> Published:
        raise AssertionError("pictures are published, not files")

    def call(self, operation: Operation[Any], params: Any) -> Output:
        return operation.run(self, params)
