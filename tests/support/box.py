"""A real box in a folder of the test's own, with small real operations and a model or two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from appliance.core.abilities.key import AbilityKey
from appliance.core.clock import Clock, micros
from appliance.core.files import Facts, Kind, Made, Upload
from appliance.core.ids import new_id
from appliance.core.jobs import Actor, Claimed, JobView, Lane, Request
from appliance.core.operation import Catalogue, Output, RunContext, operation
from appliance.core.params import Accepts, Help, Length, Prompt, Range
from appliance.core.progress import Progress
from appliance.services.box import Box, open_box
from appliance.services.jobs import claiming, outcome
from appliance.services.jobs.admission import admit
from tests.support.clock import FrozenClock

BOOT = "boot-1"


class Painter:
    """What a painter offers: bytes for words."""

    def paint(self, prompt: str, seed: int, progress: Progress) -> bytes:
        progress(1.0)
        return hashlib.sha256(f"{seed} {prompt}".encode()).digest()


PAINTER: AbilityKey[Painter] = AbilityKey("test.painter", "painting in tests")
FRAMER: AbilityKey[Painter] = AbilityKey("test.framer", "framing in tests")


@dataclass(frozen=True)
class Card:
    """Words on a card: light, without files."""

    text: Annotated[str, Help("What it says"), Length(1, 2000), Prompt()]
    count: Annotated[int, Help("How many"), Range(1, 4)] = 1
    seed: Annotated[int | None, Help("Drawn if absent"), Range(0, 2**32 - 1)] = None


@dataclass(frozen=True)
class Frame:
    """A frame round a photo: light, with a file."""

    image: Annotated[Upload, Help("The photo"), Accepts(Kind.IMAGE)]
    text: Annotated[str, Help("What to add"), Length(0, 2000), Prompt()] = ""


@dataclass(frozen=True)
class Words:
    """Several texts that steer what is made."""

    texts: Annotated[tuple[str, ...], Help("What they say"), Length(1, 5), Prompt()]


@dataclass(frozen=True)
class Paint:
    """A painting: needs a model."""

    prompt: Annotated[str, Help("What to paint"), Length(1, 2000), Prompt()]
    model: Annotated[str | None, Help("Model to use"), Length(1, 100)] = None
    seed: Annotated[int | None, Help("Drawn if absent"), Range(0, 2**32 - 1)] = None


@operation(name="test.card", title="Card", output=Kind.DOCUMENT)
def card(ctx: RunContext, params: Card) -> Output:
    """Write the words `count` times."""
    return Output(tuple(_text(ctx, f"card-{n}.txt", params.text) for n in range(params.count)))


@operation(name="test.frame", title="Frame", output=Kind.IMAGE, from_photo=True)
def frame(ctx: RunContext, params: Frame) -> Output:
    """Give the photo back as it is."""
    return Output((ctx.publish(ctx.picture(params.image), name="framed"),))


@operation(name="test.words", title="Words", output=Kind.DOCUMENT)
def words(ctx: RunContext, params: Words) -> Output:
    """Write every text down."""
    return Output((_text(ctx, "words.txt", "\n".join(params.texts)),))


@operation(name="test.send", title="Send", output=Kind.DOCUMENT, once=True)
def send(ctx: RunContext, params: Card) -> Output:
    """Something that must not happen twice."""
    return Output((_text(ctx, "sent.txt", params.text),))


@operation(
    name="test.paint", title="Paint", output=Kind.DOCUMENT, needs=(PAINTER,), wants=(FRAMER,)
)
def paint(ctx: RunContext, params: Paint) -> Output:
    """Have the painter paint."""
    made = ctx.ability(PAINTER).paint(params.prompt, params.seed or 0, ctx.progress)
    return Output((_text(ctx, "painting.txt", made.hex()),))


def _text(ctx: RunContext, name: str, text: str) -> Any:
    path = ctx.scratch(name)
    path.write_text(text, "utf-8")
    return ctx.publish_file(path, name=name, mime="text/plain")


OPERATIONS = (card, frame, words, send, paint)
PRICES = {
    "test.card": "0.10/picture",
    "test.frame": "0.02",
    "test.words": "0.01",
    "test.send": "0.10",
    "test.paint": "0.50",
    "test.paint:dear": "2",
    **{f"native.{each.name}": "0.01" for each in OPERATIONS},
}


def make_box(
    tmp_path: Path,
    catalogue: Catalogue | None = None,
    clock: Clock | None = None,
    **settings: object,
) -> Box:
    """Open a real box under `tmp_path`. Settings by name: `jobs__max_pending=3`."""
    given = {f"prices__{entry}": price for entry, price in PRICES.items()} | settings
    environ = {f"APPLIANCE_{name.upper()}": json.dumps(value) for name, value in given.items()}
    return open_box(
        {**environ, "APPLIANCE_HOME": str(tmp_path)},
        catalogue or Catalogue(OPERATIONS),
        clock=clock or FrozenClock(),
    )


@contextmanager
def opened_box(tmp_path: Path, **options: Any) -> Iterator[Box]:
    """`make_box`, with this thread's connections closed afterwards."""
    box = make_box(tmp_path, **options)
    try:
        yield box
    finally:
        let_go(box)


def let_go(box: Box) -> None:
    """Close what this thread holds open of the box."""
    box.db.close()
    live = getattr(box.live._local, "connection", None)
    if live is not None:
        live.close()
        del box.live._local.connection


def alive(box: Box) -> None:
    """Let the worker be alive as of now."""
    box.live.beat("worker", micros(box.clock.now()))


def put_model(
    box: Box,
    name: str,
    *,
    ability: str = PAINTER.name,
    runtime: str = "torch",
    commercial: bool = True,
    engine: str = "upscaling.realesrgan",  # one there is: what has none is never chosen
    installed: bool = True,
) -> None:
    """Write a manifest under the box's models folder, and its weights if `installed`."""
    weights = f"the weights of {name}".encode()
    box.home.models.mkdir(parents=True, exist_ok=True)
    if installed:
        (box.home.models / name).mkdir()
        (box.home.models / name / "weights.bin").write_bytes(weights)
    manifest = {
        "title": name,
        "ability": ability,
        "engine": engine,
        "runtime": runtime,
        "layout": "single_file",
        "licence": "Apache-2.0",
        "commercial_use": commercial,
        "memory_mb": 1,
    }
    file = {
        "name": "weights.bin",
        "bytes": len(weights),
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in manifest.items()]
    lines += ["[[files]]", *(f"{key} = {json.dumps(value)}" for key, value in file.items())]
    (box.home.models / f"{name}.toml").write_text("\n".join(lines), "utf-8")


def ask(actor: Actor, name: str = "test.card", **changes: Any) -> Request:
    """A request for an operation of this file; `params`, `model`, `idempotency` … may differ."""
    usual: dict[str, Any] = {
        "actor": actor,
        "family": "jobs",
        "type": name.partition(".")[2],
        "operation": name,
        "params": Card(text="Happy birthday"),
        "price_entry": name,
        "request_id": new_id("req"),
    }
    return Request(**usual | changes)


def submit(box: Box, actor: Actor, name: str = "test.card", **changes: Any) -> JobView:
    """An admitted job; the worker is alive."""
    alive(box)
    return admit(box, ask(actor, name, **changes)).job


def claim(box: Box, lane: Lane = Lane.LIGHT, boot: str = BOOT) -> Claimed:
    """The next job of a lane, of which there must be one. A microsecond passes first."""
    box.clock.sleep(1e-6)
    claimed = claiming.claim_next(box, lane, boot)
    assert claimed is not None, "nothing to claim"
    return claimed


def made_file(box: Box, job: Claimed, name: str = "card.txt", text: str = "Hello") -> Made:
    """A real file in the job's published folder, as a worker leaves it."""
    folder = box.home.outputs / job.id / str(job.attempt)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    kind, facts = Kind.DOCUMENT, Facts(width_px=8, height_px=4)
    return Made(name, path, "text/plain", kind, len(text), digest, facts)


def completed(box: Box, actor: Actor, **changes: Any) -> Claimed:
    """A job that went all the way and made one file."""
    submit(box, actor, **changes)
    job = claim(box)
    result = outcome.Result([made_file(box, job)], {"seed": 7}, (), seconds=1.5)
    assert outcome.finish(box, job, result)
    return job


def put_upload(box: Box, account: str, *, name: str = "photo.png", content: bytes = b"png") -> str:
    """A stored upload of the account, past sniffing; its id."""
    upload, now = new_id("upl"), micros(box.clock.now())
    until = now + round(box.settings.storage.uploads_days * 86_400_000_000)
    (box.home.uploads / upload).write_bytes(content)
    with box.db.transaction() as tx:
        tx.run(
            "INSERT INTO upload VALUES (?, ?, ?, ?, 'image/png', 'image', ?, ?, 8, 4, 0.0, ?, ?)",
            (
                *(upload, account, upload, name, len(content)),
                *(hashlib.sha256(content).hexdigest(), now, until),
            ),
        )
    return upload
