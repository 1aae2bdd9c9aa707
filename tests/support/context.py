"""A real run context without a box: decodes, encodes, keeps files in a folder, in this process."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance import media
from appliance.core.abilities.key import AbilityKey
from appliance.core.batch import Item
from appliance.core.errors import ModelNotInstalled
from appliance.core.files import Kind, Made, Upload
from appliance.core.operation import PNG, Operation, Output, PictureFormat, Published
from appliance.core.picture import Picture
from appliance.core.progress import Progress, Step


class FolderContext:
    """What an operation sees of the box. `steps`: each progress report. Abilities by key's name."""

    def __init__(self, folder: Path, offers: Mapping[str, Any] | None = None) -> None:
        self.folder, self.offers = folder / "outputs", dict(offers or {})
        self.folder.mkdir()
        self.steps: list[Step] = []
        self.gathered: tuple[Item, ...] = ()
        self.progress = Progress(self.steps.append, lambda: None)
        self._count = 0

    def picture(self, upload: Upload) -> Picture:
        return media.decode(upload.path, limit_px=100_000_000)

    def ability(self, key: AbilityKey[Any]) -> Any:
        if key.name not in self.offers:
            raise ModelNotInstalled(f"No model for {key.title} is installed.")
        return self.offers[key.name]

    def has(self, key: AbilityKey[Any]) -> bool:
        return key.name in self.offers

    def publish(self, picture: Picture, *, name: str, format: PictureFormat = PNG) -> Published:
        written = media.WRITES[format.format]
        path = self.scratch(f"{name}.{written.ending}")
        media.encode(picture, format, path)
        return self.publish_file(path, name=path.name, mime=written.mime)

    def scratch(self, name: str) -> Path:
        return self.folder / name

    def publish_file(self, path: Path, *, name: str, mime: str) -> Published:
        data = path.read_bytes()
        made = Made(
            name=name,
            path=path.rename(self.folder / name),
            mime=mime,
            kind=media.READS.get(mime, Kind.DOCUMENT),
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            facts=media.probe(self.folder / name, mime),
        )
        self._count += 1
        return Published(self._count - 1, name, lambda: made)

    def items(self) -> tuple[Item, ...]:
        return self.gathered

    def call(self, operation: Operation[Any], params: Any) -> Output:
        return operation.run(self, params)
