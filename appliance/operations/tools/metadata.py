"""Read, take out or write what a picture's file says about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload, safe_stem
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Accepts, Choice, Help, Length
from appliance.core.recurring import Filename

_LIMIT_PX = 100_000_000
_KEYWORD = 100  # characters
_WORDS = ("title", "description", "author", "copyright", "keywords")
_PARTS = frozenset({"icc", "exif", "gps", "xmp", "iptc", "text"})


@dataclass(frozen=True)
class Params:
    """What metadata take."""

    image: Annotated[Upload, Help("Picture whose metadata it is about"), Accepts(Kind.IMAGE)]
    action: Annotated[
        str,
        Help("read gives them as JSON, strip takes them out, write puts the words below in; place "
             "and maker's notes go with both"),
        Choice(("read", "strip", "write")),
    ] = "read"  # fmt: skip
    title: Annotated[str | None, Help("Title; empty takes it out"), Length(0, 200)] = None
    description: Annotated[str | None, Help("Description; empty takes it out"), Length(0, 2000)] = (
        None
    )
    author: Annotated[str | None, Help("Who made it; empty takes it out"), Length(0, 200)] = None
    copyright: Annotated[str | None, Help("Whose it is; empty takes it out"), Length(0, 200)] = None
    keywords: Annotated[
        tuple[str, ...] | None, Help("Keywords; an empty list takes them out"), Length(0, 100)
    ] = None
    filename: Filename = None


@operation(
    name="tools.metadata", title="Read, remove or write a picture's metadata", output=Kind.IMAGE
)
def metadata(ctx: RunContext, params: Params) -> Output:
    """A JSON file of what is there; or the picture without it, or with words of yours."""
    labels = _labels(params)
    name = safe_stem(params.filename or params.image.name)
    if params.action == "read":
        return _read(ctx, params, name)
    path = ctx.scratch("metadata")
    if params.action == "strip":
        form, warnings = media.strip(params.image.path, path)
        if media.generated_as(params.image.path, limit_px=_LIMIT_PX):
            warnings = (*warnings, "The picture was generated, and goes on saying so.")
    else:
        form, warnings = media.label(params.image.path, path, labels)
    written = media.WRITES[form]
    published = ctx.publish_file(path, name=f"{name}.{written.ending}", mime=written.mime)
    return Output((published,), {"action": params.action}, warnings)


def _labels(params: Params) -> media.Labels:
    told = {name: getattr(params, name) for name in _WORDS}
    given = [name for name, value in told.items() if value is not None]
    if params.action != "write" and given:
        raise InvalidInput(f"{given[0]} goes with the action write.", field=given[0])
    if params.action == "write" and not given:
        raise InvalidInput(f"Say what to write: {', '.join(_WORDS)}.", field="title")
    if any(not 0 < len(word) <= _KEYWORD for word in params.keywords or ()):
        raise InvalidInput(f"A keyword has 1 to {_KEYWORD} characters.", field="keywords")
    return media.Labels(**told)


def _read(ctx: RunContext, params: Params, name: str) -> Output:
    told = media.read_metadata(params.image.path, limit_px=_LIMIT_PX)
    path = ctx.scratch(f"{name}.json")
    path.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")
    published = ctx.publish_file(path, name=path.name, mime="application/json")
    facts = {name: told.pop(name) for name in ("mime", "width", "height", "frames")}
    # Which parts there are, not what they say: a job outlives its files, and a place should not.
    return Output((published,), {"action": "read", **facts, "parts": sorted(told.keys() & _PARTS)})
