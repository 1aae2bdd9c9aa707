"""The product family's rows: `contract/product.md`, transcribed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from appliance.adapters.config import Settings
from appliance.adapters.outbound import Outside
from appliance.core.params import Field, Length
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.families.product.envelope import ProductEnvelope, polled
from appliance.web.form import Asked, Derived, Form
from appliance.web.intake import picture_room
from appliance.web.published import PUBLISHED, document
from appliance.web.routing import on

_PROCESS = Derived(
    "product.process",
    rename={"jpegQuality": "jpeg_quality", "presetLabel": "preset_label"},
)
_AS_A_JOB = "The same as a job to be polled"
_UPSCALE = Derived("image.upscale", rename={"scale": "factor"})


def _labelled(form: Form) -> Form:
    """The same form, whose free tag is repeated in the replies."""

    def shape(values: dict[str, Any]) -> Asked:
        asked = form.shape(values)
        label = values.get("presetLabel")
        return replace(asked, extra={"presetLabel": label}) if label else asked

    return Form(form.fields, shape)


_WEBHOOK = Field(
    name="webhookUrl",
    type=str,
    help="Where to tell how it ended: https, signed with the account's webhook secret",
    default=None,
    optional=True,
    length=Length(1, 2000),
)


def _told(form: Form, outside: Outside) -> Form:
    """The same form, with a url to be told when the job has ended."""

    def shape(values: dict[str, Any]) -> Asked:
        rest = dict(values)
        url = rest.pop(_WEBHOOK.name)
        if url is not None:
            outside.check(url, field=_WEBHOOK.name)
        return replace(form.shape(rest), webhook=url)

    return Form((*form.fields, _WEBHOOK), shape)


def family(box: Box) -> Family:
    """The family for a box: its forms need the catalogue."""
    process = _labelled(_PROCESS.form(box.catalogue))
    rows = (
        ("/api/v1/process", process, "process", "Cut out, centre and frame a product photo", False),
        ("/api/v1/jobs", _told(process, box.outside), "process", _AS_A_JOB, True),
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

    @on(blueprint, "/api/v1/openapi", **PUBLISHED)
    def openapi() -> Response:
        """Give the OpenAPI document."""
        return document()
