"""Lists of the appliance's own resources, newest first: so many, and where to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from flask import Response

from appliance.core.params import Help, Length, Range
from appliance.web.body import read_query
from appliance.web.reply import Reply, respond

T = TypeVar("T")


@dataclass(frozen=True)
class Listing:
    """The query of a list."""

    limit: Annotated[int, Help("How many at most"), Range(1, 100)] = 50
    cursor: Annotated[str | None, Help("From meta.next_cursor"), Length(1, 100)] = None


def listed(find: Callable[[int, str | None], Sequence[T]], show: Callable[[T], Any]) -> Response:
    """The page that was asked for. `find` gives as many as the number says, older than the cursor;
    each is shown with its `id`. Raises InvalidInput.
    """
    asked = read_query(Listing)
    found = [show(each) for each in find(asked.limit + 1, asked.cursor)]
    page = found[: asked.limit]
    cursor = page[-1]["id"] if len(found) > asked.limit else None
    return respond(Reply({"data": page, "meta": {"next_cursor": cursor}}))
