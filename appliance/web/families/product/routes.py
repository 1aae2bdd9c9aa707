"""The product family's rows: `contract/product.md`, transcribed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, current_app
from flask_smorest import Blueprint

from appliance.adapters.config import Settings
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.families.product.envelope import ProductEnvelope, polled
from appliance.web.form import Asked, Derived, Form
from appliance.web.intake import picture_room
from appliance.web.reply import Reply, respond
from appliance.web.routing import on

_PROCESS = Derived(
    "product.process",
    rename={"jpegQuality": "jpeg_quality", "presetLabel": "preset_label"},
)
_UPSCALE = Derived("image.upscale", rename={"scale": "factor"})


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
        ("/api/v1/process", process, "process", "Cut out, centre and frame a product photo", False),
        ("/api/v1/jobs", process, "process", "The same as a job to be polled", True),
        ("/api/v1/upscale", _UPSCALE.form(box.catalogue), "upscale", "Enlarge a picture", False),
    )
    return Family(
        name="product",
        title="Product photos",
        envelope=ProductEnvelope(),
        room=picture_room,
        wait_s=_wait_s,
        polled=polled,
        submissions=tuple(
            Submission(
                path,
                form,
                type=kind,
                price=f"product.{kind}",
                scope=Scope.GENERATION,
                summary=summary,
                at_once=at_once,
            )
            for path, form, kind, summary, at_once in rows
        ),
    )


def _wait_s(settings: Settings) -> float:
    return settings.product.wait_s


def add_reads(blueprint: Blueprint, _desk: Desk) -> None:
    """The published contract, under this family's path too."""

    @on(blueprint, "/api/v1/openapi")
    def openapi() -> Response:
        """Give the OpenAPI document."""
        api = current_app.extensions["published"]
        return respond(Reply(api.spec.to_dict()))
