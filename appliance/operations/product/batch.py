"""Pack what the pictures of a batch became, with a report on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.batch import Item
from appliance.core.codes import capital
from appliance.core.files import Kind, Made, safe_stem
from appliance.core.ids import job_name
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Help, Length

REPORT = "report.csv"
_HEADINGS = (
    *("name", "job_id", "status", "error_code", "error_message"),
    *("file", "width", "height", "bytes", "charged_usd"),
)


@dataclass(frozen=True)
class Params:
    """What packing a batch takes."""

    filename: Annotated[str | None, Help("Its stem names the archive"), Length(1, 200)] = None


@operation(name="product.batch", title="Pack a batch", output=Kind.DOCUMENT, gathers=True)
def batch(ctx: RunContext, params: Params) -> Output:
    """A ZIP archive of all that the batch's jobs made, and a CSV table of all that was sent."""
    items = ctx.items()
    made = [(item.place, file) for item in items for file in item.files if file.path.exists()]
    # The report has its name first: a picture may be called so too.
    names = media.unique_names([REPORT, *(file.name for _place, file in made)])[1:]
    named = [(place, name, file) for (place, file), name in zip(made, names, strict=True)]
    target = ctx.scratch(f"{safe_stem(params.filename or 'batch', fallback='batch')}.zip")
    media.pack(
        target,
        [(name, file.path) for _place, name, file in named],
        [(REPORT, media.table([_HEADINGS, *_rows(items, named)]))],
        each=lambda count: ctx.progress(count / len(named)),
    )
    published = ctx.publish_file(target, name=target.name, mime="application/zip")
    return Output((published,), _facts(items, len(named)), tuple(_warnings(items)))


Named = Sequence[tuple[int, str, Made]]


def _rows(items: Sequence[Item], named: Named) -> Iterator[tuple[object, ...]]:
    """A row for each file in the archive, and one for each that came to none."""
    for item in items:
        about = (
            *(item.name, job_name(item.job) if item.job else None, item.status),
            *(_said(item) if item.error else (None, None)),
        )
        files = [(name, made) for place, name, made in named if place == item.place]
        charged = item.charged.usd()
        for name, made in files:
            size = (made.facts.width_px or None, made.facts.height_px or None)
            yield (*about, name, *size, made.bytes, charged)
            charged = "0"  # once a job, however many files it made
        if not files:
            yield (*about, None, None, None, None, charged)


def _said(item: Item) -> tuple[str, str]:
    assert item.error is not None
    return capital(item.error.code), item.error.message


def _facts(items: Sequence[Item], files: int) -> dict[str, int]:
    statuses = [item.status for item in items]
    counts = {status: statuses.count(status) for status in sorted(set(statuses))}
    return {"items": len(items), "files": files, **counts}


def _warnings(items: Sequence[Item]) -> Iterator[str]:
    without = [item for item in items if item.status != "completed"]
    if without:
        yield f"{len(without)} of {len(items)} files came to nothing; {REPORT} says why."
    gone = [item for item in items if any(not file.path.exists() for file in item.files)]
    if gone:
        yield f"What {len(gone)} of the jobs made is no longer kept."
