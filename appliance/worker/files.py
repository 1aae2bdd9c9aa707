"""Making a job's files: encode, describe, hash, measure. Runs in media children."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from appliance import media
from appliance.core.content_credentials import Signer, manifest
from appliance.core.files import Kind, Made, Upload, safe_name
from appliance.core.operation import PictureFormat
from appliance.core.picture import Picture
from appliance.core.provenance import Origin


@dataclass(frozen=True)
class Naming:
    """Where a job's files are made, what they say about themselves, signed with what, and which
    files went in.
    """

    folder: Path
    origin: Origin
    signer: Signer | None = None
    inputs: tuple[Upload, ...] = ()

    def path(self, name: str) -> Path:
        """A path for a file of this name, reserved: a second "picture.png" is "picture-2.png".

        The folder is there, or the attempt is over and nobody wants the file.
        """
        for number in count(1):
            ending = Path(name).suffix
            # Shortened first: cutting the finished name could cut its number off.
            short = name.removesuffix(ending)[:60]
            numbered = name if number == 1 else f"{short}-{number}{ending}"
            wanted = self.folder / safe_name(numbered)
            try:
                wanted.touch(exist_ok=False)  # children encode one job's files side by side
            except FileExistsError:
                continue
            return wanted
        raise AssertionError("counting ended")


def encode(naming: Naming, picture: Picture, name: str, form: PictureFormat) -> Made:
    """Write a picture in its format, with its origin inside."""
    written = media.WRITES[form.format]
    path = naming.path(f"{name}.{written.ending}")
    media.encode(picture, form, path, xmp=_packet(naming.origin).encode() or None)
    return sealed(naming, path, written.mime)


def sealed(naming: Naming, path: Path, mime: str) -> Made:
    """A finished file with its origin written in and signed, hashed and measured."""
    origin = naming.origin
    if origin.source_type:
        media.describe(path, mime, _facts(origin), _packet(origin))
        labelled = origin.carried and mime in media.DESCRIBES
        if naming.signer and mime in media.SIGNS and not labelled:
            told = manifest(origin, path.name, [given.name for given in naming.inputs])
            media.sign(path, mime, told, naming.inputs, naming.signer)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    facts = media.probe(path, mime)
    kind = media.READS.get(mime, Kind.DOCUMENT)
    return Made(path.name, path, mime, kind, path.stat().st_size, digest, facts)


def files_in(params: object) -> tuple[Upload, ...]:
    """The files among a job's params, in order."""
    values = (each if isinstance(each, tuple) else (each,) for each in vars(params).values())
    return tuple(each for several in values for each in several if isinstance(each, Upload))


def _packet(origin: Origin) -> str:
    if not origin.source_type:
        return ""
    packet: str = media.xmp_packet(origin.source_type, _facts(origin))
    return packet


def _facts(origin: Origin) -> Mapping[str, str]:
    return {} if origin.carried else origin.says
