"""Models on the box: listed, installed by jobs, removed; and the names that lead to them."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypedDict

from flask import Response, g
from flask_smorest import Blueprint

from appliance.core.errors import Conflict, Forbidden, IdempotencyMismatch, InvalidInput, NotFound
from appliance.core.jobs import JobView
from appliance.core.scopes import Scope
from appliance.services.jobs import installations
from appliance.services.models import aliases, installing, listing
from appliance.services.models.listing import Offer
from appliance.web.actor import require, require_operator
from appliance.web.body import read_body
from appliance.web.families.family import Desk
from appliance.web.families.jobs.envelope import JobsEnvelope
from appliance.web.once import idempotency_key
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data
from appliance.web.showing import show

_PATH = "/api/v1/models"
_ENVELOPE = JobsEnvelope()


class ModelShown(TypedDict):
    """A model that the box knows."""

    id: str
    title: str
    ability: str
    media_type: str
    operations: list[str]
    installed: bool
    runs: Annotated[bool, "Whether there is an engine for it yet"]
    fits: Annotated[bool, "Whether this machine has the memory"]
    license: str
    commercial_use: bool
    gated: Annotated[bool, "The hub wants an account that has accepted its licence"]
    bytes: int
    quality: str
    source: str
    aliases: Annotated[list[str], "Other names it answers to"]


class WeightShown(TypedDict):
    """One of a model's files."""

    name: str
    bytes: int
    sha256: str


class ModelDetails(ModelShown):
    """All that is known of a model."""

    can: list[str]
    license_note: str
    allowed: Annotated[bool, "Its licence permits commercial use, or the admin accepts it"]
    family: str
    memory_mb: int
    verified: Annotated[bool, "Somebody has run these very files"]
    revision: str
    sources: list[str]
    files: list[WeightShown]


class AliasShown(TypedDict):
    """A foreign name."""

    name: str
    target: Annotated[str, "A model's id, or `default`, `default:video` … for the best installed"]
    configured: Annotated[str | None, "What config.toml says; null where it does not know it"]


class AliasesWanted(TypedDict):
    """Where names shall point; null takes an override back."""

    aliases: dict[str, str | None]


def add(blueprint: Blueprint, desk: Desk) -> None:
    """Register `/api/v1/models` and `/api/v1/aliases`."""
    _add_reads(blueprint, desk)
    _add_installing(blueprint, desk)
    _add_aliases(blueprint, desk)


def _add_reads(blueprint: Blueprint, desk: Desk) -> None:
    box = desk.box

    @on(blueprint, _PATH, gives=Data[list[ModelShown]])
    def list_models() -> Response:
        """List the models the box knows."""
        require(box, Scope.MGMT)
        return respond(Reply({"data": [_shown(offer) for offer in listing.offers(box)]}))

    @on(blueprint, f"{_PATH}/<model>", gives=Data[ModelDetails], refuses=(NotFound,))
    def read_model(model: str) -> Response:
        """Show a model."""
        require(box, Scope.MGMT)
        return respond(Reply({"data": _detailed(listing.offer(box, model))}))

    @on(
        *(blueprint, f"{_PATH}/<model>/remove", "POST"),
        gives=Data[ModelDetails],
        refuses=(NotFound, Conflict),
    )
    def remove_model(model: str) -> Response:
        """Take a model's weights off the box; one that was imported is forgotten."""
        require_operator(box)
        before = listing.offer(box, model)
        installing.remove(box, model)
        known = box.shelf.find(model) is not None
        after = listing.offer(box, model) if known else before
        return respond(Reply({"data": {**_detailed(after), "installed": False}}))


def _add_installing(blueprint: Blueprint, desk: Desk) -> None:
    box, replies = desk.box, _ENVELOPE.replies
    refused = (NotFound, Conflict)

    @on(
        *(blueprint, f"{_PATH}/<model>/install", "POST"),
        gives={202: replies.accepted},
        refuses=(*refused, Forbidden, IdempotencyMismatch),
        once=False,  # its reply is a job, told as that stands when it is asked again
    )
    def install_model(model: str) -> Response:
        """Install a model: a job whose steps are bytes."""
        actor = require_operator(box)
        key = idempotency_key()
        mark = hashlib.sha256(f"{_PATH}/{model}/install".encode()).digest()
        asked = installations.Asked(actor, g.request_id, (key, mark) if key else None)
        admitted = installations.begin(box, model, asked)
        response = respond(_ENVELOPE.accepted(show(box, admitted.job)))
        if admitted.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        return response

    @on(*(blueprint, f"{_PATH}/<model>/pause", "POST"), gives=replies.finished, refuses=refused)
    def pause_model(model: str) -> Response:
        """Let an installation rest; what came so far is kept."""
        require_operator(box)
        return _answer(desk, installations.pause(box, model))

    @on(*(blueprint, f"{_PATH}/<model>/resume", "POST"), gives=replies.finished, refuses=refused)
    def resume_model(model: str) -> Response:
        """Go on with an installation that rests."""
        require_operator(box)
        return _answer(desk, installations.resume(box, model))


def _answer(desk: Desk, job: JobView) -> Response:
    return respond(_ENVELOPE.finished(show(desk.box, job)))


def _add_aliases(blueprint: Blueprint, desk: Desk) -> None:
    box, path = desk.box, "/api/v1/aliases"

    @on(blueprint, path, gives=Data[list[AliasShown]])
    def list_aliases() -> Response:
        """List the foreign model names and where they point."""
        require_operator(box)
        return respond(Reply({"data": [vars(each) for each in aliases.listed(box)]}))

    @on(blueprint, path, "PUT", takes=AliasesWanted, gives=Data[list[AliasShown]])
    def change_aliases() -> Response:
        """Point the named aliases elsewhere; the others stay."""
        require_operator(box)
        aliases.change(box, _wanted(read_body().values))
        return respond(Reply({"data": [vars(each) for each in aliases.listed(box)]}))


def _wanted(values: dict[str, Any]) -> dict[str, str | None]:
    for name in values:
        if name != "aliases":
            raise InvalidInput(f"Unknown field {name[:80]!r}. Known: aliases.", field=name[:80])
    wanted = values.get("aliases")
    if not isinstance(wanted, dict) or not all(
        target is None or isinstance(target, str) for target in wanted.values()
    ):
        raise InvalidInput('aliases must be {"name": "model or null"}.', field="aliases")
    return wanted


def _shown(offer: Offer) -> dict[str, Any]:
    model = offer.model
    return {
        "id": model.id,
        "title": model.title,
        "ability": model.ability,
        "media_type": model.ability.partition(".")[0],
        "operations": list(offer.operations),
        "installed": offer.installed,
        "runs": offer.runs,
        "fits": offer.fits,
        "license": model.licence,
        "commercial_use": model.commercial_use,
        "gated": model.gated,
        "bytes": model.bytes,
        "quality": model.quality.value,
        "source": offer.source,
        "aliases": list(offer.aliases),
    }


def _detailed(offer: Offer) -> dict[str, Any]:
    model = offer.model
    return {
        **_shown(offer),
        "can": list(model.can),
        "license_note": model.licence_note,
        "allowed": offer.allowed,
        "family": model.family,
        "memory_mb": model.memory_mb,
        "verified": model.verified,
        "revision": model.revision,
        "sources": [each.says for each in model.sources],
        "files": [
            {"name": each.name, "bytes": each.bytes, "sha256": each.sha256} for each in model.files
        ],
    }
