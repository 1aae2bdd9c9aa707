"""Files that mean harm, made from sound ones of every format: the same ones at every run."""

from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from tests.support.media import ENDINGS, lying_png, png_bomb, svg, written

OK = "ok"
BROKEN, UNREADABLE, TOO_LARGE = "invalid_input", "unsupported_media", "limit_exceeded"
_ACTIVE = (
    "<script>alert(1)</script>",
    '<rect width="1" height="1" onload="alert(1)"/>',
    '<image href="https://example.com/a.png"/>',
    '<image href="file:///etc/passwd"/>',
    "<foreignObject/>",
)
# Where a header says width and height, and how.
_SIZES = {
    "png": (16, ">II"),
    "gif": (6, "<HH"),
    "bmp": (18, "<ii"),
}


@dataclass(frozen=True)
class Hostile:
    """A file, and what may come of taking it in and decoding it: `OK` or codes of errors."""

    name: str
    content: bytes
    expected: frozenset[str]


def hostile_files(folder: Path, count: int, seed: int = 7) -> list[Hostile]:
    """`count` files, every class in turn."""
    sound = {ending: written(folder, ending).read_bytes() for ending in ENDINGS}
    sound["lying png"] = lying_png(folder, 900, 900).read_bytes()
    sound["png bomb"] = png_bomb(folder).read_bytes()
    chance = random.Random(seed)
    classes = [
        each(sound, chance)
        for each in (_cut_off, _headless, _flipped, _noise, _lying, _bombs, _archives, _documents)
    ]
    turns = (next(each) for each in cycle([*classes, _active(chance), _swollen(sound, chance)]))
    return list(islice(turns, count))


def _made(name: str, content: bytes, *expected: str) -> Hostile:
    return Hostile(name, content, frozenset(expected))


def _any(sound: dict[str, bytes], chance: random.Random) -> tuple[str, bytes]:
    ending = chance.choice(ENDINGS)
    return ending, sound[ending]


def _cut_off(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    while True:
        ending, whole = _any(sound, chance)
        # Up to four fifths: the last bytes of some formats hold nothing that a picture needs.
        at = chance.randrange(len(whole) * 2 // 5, len(whole) * 4 // 5)
        yield _made(f"{ending} cut off at {at}", whole[:at], BROKEN)


def _headless(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    while True:
        ending, whole = _any(sound, chance)
        size = chance.choice((0, 1, 2))
        expected = UNREADABLE if size else BROKEN  # an empty file is told by its emptiness
        yield _made(f"{size} bytes of {ending}", whole[:size], expected)


def _flipped(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    while True:
        ending, whole = _any(sound, chance)
        changed = bytearray(whole)
        for _ in range(chance.choice((1, 4, 32))):
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        yield _made(f"{ending} flipped", bytes(changed), OK, BROKEN, UNREADABLE, TOO_LARGE)


def _noise(_sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    while True:
        # No beginning that is one by chance: two bytes are enough for BMP and MP3.
        yield _made("noise", b"\x01" + chance.randbytes(chance.randrange(1, 5000)), UNREADABLE)


def _lying(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    """More pixels are announced than come."""
    while True:
        yield _made("png lying", sound["lying png"], BROKEN)
        for ending in ("bmp", "gif"):
            at, form = _SIZES[ending]
            content = bytearray(sound[ending])
            struct.pack_into(form, content, at, chance.randrange(500, 900), 900)
            expected = (BROKEN,) if ending == "bmp" else (OK, BROKEN)  # GIF: a larger canvas
            yield _made(f"{ending} lying", bytes(content), *expected)


def _bombs(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    """Little to send and much to decode."""
    while True:
        yield _made("png bomb", sound["png bomb"], TOO_LARGE)
        for ending, (at, form) in _SIZES.items():
            content = bytearray(sound[ending])
            struct.pack_into(form, content, at, chance.randrange(20_000, 32_767), 32_767)
            yield _made(f"{ending} bomb", bytes(content), TOO_LARGE)
        side = chance.randrange(20_000, 10**8)
        yield _made("svg bomb", svg("", f'width="{side}" height="20000"').encode(), TOO_LARGE)


def _archives(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    while True:
        ending, whole = _any({**sound, "svg": sound["png"]}, chance)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(
                zipfile.ZipInfo("Main.class"), chance.randbytes(chance.randrange(10, 5000))
            )
            archive.comment = b"c" * chance.choice((0, 10, 60_000))
        yield _made(f"{ending} and an archive", whole + buffer.getvalue(), UNREADABLE)


def _documents(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    while True:
        ending = chance.choice(("png", "jpeg", "gif", "bmp", "tiff"))
        whole = sound[ending]
        at = min(chance.randrange(60, 900), len(whole) - 1)
        content = whole[:at] + b"%PDF-1.7\n1 0 obj\n" + whole[at:]
        yield _made(f"{ending} and a document", content, UNREADABLE)


def _active(chance: random.Random) -> Iterator[Hostile]:
    while True:
        coding = chance.choice(("utf-8", "utf-16"))
        yield _made("active svg", svg(chance.choice(_ACTIVE)).encode(coding), UNREADABLE)
        entity = '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg("&a;")
        yield _made("svg with entities", entity.encode(), UNREADABLE)
        yield _made("deep svg", svg("<g>" * 400 + "</g>" * 400).encode(), TOO_LARGE)
        yield _made("half an svg", svg("<g>").encode(), BROKEN)


def _swollen(sound: dict[str, bytes], chance: random.Random) -> Iterator[Hostile]:
    """Sound, with something behind it that nobody reads."""
    while True:
        ending = chance.choice(("png", "jpeg", "gif", "bmp"))
        tail = chance.randbytes(chance.randrange(1, 50_000))
        yield _made(f"{ending} with a tail", sound[ending] + tail, OK)
