"""What the benches share that measure a tool beside another doing the same, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from appliance import media
from appliance.core.batch import Item
from appliance.core.errors import ModelNotInstalled
from appliance.core.files import Kind, Made, Upload
from appliance.core.operation import PNG, Operation, Output, PictureFormat, Published
from appliance.core.picture import Picture
from appliance.core.progress import Progress

_LIMIT_PX = 100_000_000


@dataclass(frozen=True)
class Compared:
    """One tool: seconds of each turn, ours and the other's doing the same."""

    tool: str
    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The middle of each turn's own ratio: 1.1 is a tenth slower than the other."""
        turns = zip(self.ours, self.plain, strict=True)
        return statistics.median(ours / plain for ours, plain in turns)


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


class FolderContext:
    """What a light job sees, without a box: files in a folder, no models."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.progress = Progress(lambda _step: None, lambda: None)

    def picture(self, upload: Upload) -> Picture:
        return media.decode(upload.path, limit_px=_LIMIT_PX)

    def has(self, _key: object) -> bool:
        return False

    def ability(self, _key: object) -> NoReturn:
        raise ModelNotInstalled("There are no models on this bench.")

    character = ability

    def scratch(self, name: str) -> Path:
        return self._folder / f"ours-{name}"

    def publish(self, picture: Picture, *, name: str, format: PictureFormat = PNG) -> Published:
        path = self.scratch(name)
        media.encode(picture, format, path)
        return self.publish_file(path, name=name, mime=media.WRITES[format.format].mime)

    def publish_file(self, path: Path, *, name: str, mime: str) -> Published:
        made = Made(name, path, mime, Kind.IMAGE, path.stat().st_size, "", media.probe(path, mime))
        return Published(0, name, lambda: made)

    def items(self) -> tuple[Item, ...]:
        return ()

    def call(self, operation: Operation[Any], params: Any) -> Output:
        return operation.run(self, params)
