"""A request's body as named values: JSON, urlencoded or multipart, wherever a body is taken."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from flask import g, request
from werkzeug.datastructures import FileStorage

from appliance.core.errors import InvalidInput, UnsupportedMedia
from appliance.core.params import fields_of, read
from appliance.web.arrivals import Arrival

Form = TypeVar("Form")

_DEEPEST = "The body is nested too deeply."


@dataclass(frozen=True)
class Body:
    """The values by name. `lenient`: they came as text, numbers included."""

    values: dict[str, Any]
    lenient: bool


def read_body() -> Body:
    """The body of this request, read once. Raises InvalidInput, UnsupportedMedia."""
    if "body" not in g:
        g.body = _read()
    body: Body = g.body
    return body


def _read() -> Body:
    kind = request.mimetype
    if kind == "multipart/form-data":
        return Body(_form(), lenient=True)
    if kind == "application/x-www-form-urlencoded":
        return Body(_form(), lenient=True)
    if kind == "application/json" or kind.endswith("+json"):
        return Body(_json(request.get_data(cache=False)), lenient=False)
    if not kind and not request.content_length:
        return Body({}, lenient=False)
    raise UnsupportedMedia(
        "Send the body as application/json, application/x-www-form-urlencoded or"
        " multipart/form-data.",
        details={"content_type": kind[:80]},
    )


def read_form(kind: type[Form]) -> Form:
    """The body as a value of a class of declared fields. Raises InvalidInput naming the field,
    UnsupportedMedia.
    """
    body = read_body()
    form: Form = _filled(kind, body)
    return form


def read_query(kind: type[Form]) -> Form:
    """The address's query as a value of a class of declared fields. Raises InvalidInput."""
    form: Form = _filled(kind, Body(request.args.to_dict(), lenient=True))
    return form


def _filled(kind: Any, body: Body) -> Any:
    return kind(**read(fields_of(kind), body.values, lenient=body.lenient))


def _form() -> dict[str, Any]:
    try:
        sources = (request.form, request.files)
    except ValueError:
        raise InvalidInput(f"The body is no {request.mimetype}, or is cut short.") from None
    values: dict[str, Any] = {}
    for source in sources:
        for name, given in source.lists():
            if name is None:
                raise InvalidInput("A part of the body has no name.")
            bare = name.removesuffix("[]")
            sent = [item for item in given if not _empty_part(item)]
            if sent:
                several = len(sent) > 1 or name.endswith("[]")
                values[bare] = sent if several else sent[0]
    return values


def _empty_part(item: object) -> bool:
    # A browser sends an empty part for a file field that was left alone.
    if not isinstance(item, FileStorage) or item.filename:
        return False
    return not isinstance(item.stream, Arrival) or item.stream.size == 0


def _json(raw: bytes) -> dict[str, Any]:
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw.decode("utf-8"), parse_constant=_no_constant, parse_int=_whole)
        if rb"\ud" in raw.lower():
            json.dumps(found, ensure_ascii=False).encode()  # half a character cannot be written
    except UnicodeDecodeError:
        raise InvalidInput("The body is not UTF-8.") from None
    except UnicodeEncodeError:
        raise InvalidInput("The body holds half a character (a lone surrogate).") from None
    except json.JSONDecodeError as error:
        raise InvalidInput(f"The body is not JSON: {error.msg} at {error.pos}.") from None
    except RecursionError:
        raise InvalidInput(_DEEPEST) from None
    if not isinstance(found, dict):
        raise InvalidInput("The body must be a JSON object.")
    return found


def _no_constant(name: str) -> NoReturn:
    raise InvalidInput(f"The body holds {name}, which is no JSON number.")


def _whole(digits: str) -> int:
    if len(digits) > 30:
        raise InvalidInput("The body holds a number beyond any range.")
    return int(digits)
