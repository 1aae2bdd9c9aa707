"""The product family's rows: `contract/product.md`, transcribed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from appliance.adapters.config import Settings
from appliance.adapters.outbound import Outside
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.web.choosing import Offer, choosing
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.families.product.envelope import ProductEnvelope, polled
from appliance.web.families.product.told import told
from appliance.web.form import Asked, Derived, Form, Group
from appliance.web.intake import picture_room
from appliance.web.published import PUBLISHED, document
from appliance.web.routing import on

JOBS = "/api/v1/jobs"
_PUBLIC = ("/api/v1/process", "/api/v1/compliance", "/api/v1/upscale")
_PROCESS = Derived(
    "product.process",
    rename={"jpegQuality": "jpeg_quality", "presetLabel": "preset_label"},
)
_COMPLIANCE = Derived("product.compliance")
_UPSCALE = Derived("image.upscale", rename={"scale": "factor"})
_BACKGROUNDS = Derived("product.background", rename={"keepShadow": "keep_shadow"})
_RELIGHT = Derived(
    "product.relight",
    rename={"type": "shadow", "color": "shadow_colour"},
    groups=(
        Group(
            "light",
            "Where the light comes from, and how it is",
            ("azimuth", "elevation", "intensity", "temperature"),
        ),
        Group("shadow", "The shadow on the ground", ("type", "opacity", "softness", "color")),
    ),
)


def _labelled(form: Form) -> Form:
    """The same form, whose free tag is repeated in the replies."""

    def shape(values: dict[str, Any]) -> Asked:
        asked = form.shape(values)
        label = values.get("presetLabel")
        return replace(asked, extra={"presetLabel": label}) if label else asked

    return Form(form.fields, shape)


def family(box: Box) -> Family:
    """The family for a box: its forms need the catalogue."""
    process = _labelled(_PROCESS.form(box.catalogue))
    rows = (
        ("/api/v1/process", process, "process", "Cut out, centre and frame a product photo"),
        (
            "/api/v1/compliance",
            _COMPLIANCE.form(box.catalogue),
            "compliance",
            "Hold a product photo against marketplaces' rules",
        ),
        ("/api/v1/upscale", _UPSCALE.form(box.catalogue), "upscale", "Enlarge a picture"),
        (
            "/api/v1/backgrounds/generate",
            _BACKGROUNDS.form(box.catalogue),
            "backgrounds",
            "Put a product in front of another background",
        ),
        (
            "/api/v1/relight/shadow",
            _RELIGHT.form(box.catalogue),
            "relight",
            "Light a product anew, with another shadow",
        ),
    )
    waiting = [_row(*row) for row in rows]
    return Family(
        name="product",
        title="Product photos",
        envelope=ProductEnvelope(),
        room=picture_room,
        wait_s=_wait_s,
        polled=polled,
        submissions=(*waiting, _as_a_job(waiting, box.outside)),
    )


def _row(path: str, form: Form, kind: str, summary: str) -> Submission:
    price = f"product.{kind}"
    public = _public if path in _PUBLIC else None
    return Submission(path, form, kind, price, Scope.GENERATION, summary, public=public)


def _public(settings: Settings) -> bool:
    return settings.product.public


def _as_a_job(rows: Sequence[Submission], outside: Outside) -> Submission:
    """Any of the rows, named by its path's end, as a job to be polled."""
    offers = {
        row.path.removeprefix("/api/v1/"): Offer(row.form, row.type, row.price)
        for row in rows
        if isinstance(row.form, Form)
    }
    form = told(choosing(offers, "process"), outside)
    return replace(_row(JOBS, form, "process", "The same as a job to be polled"), at_once=True)


def _wait_s(settings: Settings) -> float:
    return settings.product.wait_s


def add_reads(blueprint: Blueprint, _desk: Desk) -> None:
    """The published contract, under this family's path too."""

    @on(blueprint, "/api/v1/openapi", **PUBLISHED)
    def openapi() -> Response:
        """Give the OpenAPI document."""
        return document()
