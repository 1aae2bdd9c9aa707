"""The studio family's rows: `contract/studio.md`, transcribed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from flask import Response, request
from flask_smorest import Blueprint

from appliance.core.errors import NotFound
from appliance.core.params import Choice, Help, Length, Prompt, Range
from appliance.core.scopes import Scope
from appliance.services.access import accounts
from appliance.services.jobs import reading
from appliance.services.money import ledger, pricing
from appliance.web.actor import require
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.families.studio.envelope import StudioEnvelope, job_data
from appliance.web.families.studio.photoshoot import Photoshoot, photoshoot
from appliance.web.families.studio.shapes import StudioJobs, StudioUsage
from appliance.web.form import Asked, irregular
from appliance.web.intake import usual_room
from appliance.web.jobs_of import own_written, paging
from appliance.web.polling import polled
from appliance.web.reply import Reply, respond
from appliance.web.routing import on
from appliance.web.shapes import Data
from appliance.web.showing import show

_MODELS = ("grok-imagine", "flux-2-dev", "flux-2-pro", "ideogram-v3", "flux-kontext-max")
_STYLES = {
    "photorealistic": "photorealistic, natural light, fine detail",
    "illustration": "illustration, clean lines, flat shading",
    "3d": "3d render, soft studio light",
    "flat": "flat design, simple shapes, plain colours",
}
_MULTIPLE = 8


@dataclass(frozen=True)
class Image:
    """The body of `POST /api/generate/image`."""

    prompt: Annotated[str, Help("What to picture"), Length(1, 2000), Prompt()]
    width: Annotated[int, Help("Width in pixels"), Range(256, 2048)] = 1024
    height: Annotated[int, Help("Height in pixels"), Range(256, 2048)] = 1024
    steps: Annotated[int, Help("Sampling steps"), Range(1, 50)] = 4
    seed: Annotated[
        int | None, Help("Same seed, same picture; drawn if absent"), Range(0, 2**32 - 1)
    ] = None
    style: Annotated[str | None, Help("Look"), Choice(tuple(_STYLES))] = None
    model: Annotated[str | None, Help("Model to use"), Length(1, 100)] = None
    negativePrompt: Annotated[str, Help("What to avoid"), Length(0, 2000)] = ""  # noqa: N815  the family's spelling


def image(values: dict[str, Any]) -> Asked:
    """`style` is words added to the prompt; sides are rounded to the multiple models need."""
    prompt = values["prompt"]
    if values["style"]:
        prompt = f"{prompt}, {_STYLES[values['style']]}"[:2000]
    params = {
        "prompt": prompt,
        "negative_prompt": values["negativePrompt"],
        "model": values["model"],
        "width": values["width"] // _MULTIPLE * _MULTIPLE,
        "height": values["height"] // _MULTIPLE * _MULTIPLE,
        "steps": values["steps"],
        "seed": values["seed"],
    }
    return Asked("image.generate", params, model=values["model"])


FAMILY = Family(
    name="studio",
    title="Studio",
    envelope=StudioEnvelope(),
    room=usual_room,
    submissions=(
        Submission(
            "/api/generate/image",
            irregular(Image, image),
            type="image",
            price="studio.image",
            scope=Scope.GENERATION,
            summary="Make a picture from words",
        ),
        Submission(
            "/api/generate/photoshoot",
            irregular(Photoshoot, photoshoot),
            type="photoshoot",
            price="studio.photoshoot",
            scope=Scope.GENERATION,
            summary="Photograph a product in a set",
        ),
    ),
)


@dataclass(frozen=True)
class JobsAsked:
    """The query of `GET /api/jobs`."""

    id: Annotated[str | None, Help("Only this job"), Length(1, 100)] = None
    limit: Annotated[int, Help("How many at most"), Range(1, 100)] = 50
    cursor: Annotated[str | None, Help("From meta.next_cursor"), Length(1, 100)] = None


def add_reads(blueprint: Blueprint, desk: Desk) -> None:
    """Jobs and usage."""
    box = desk.box

    @on(
        *(blueprint, "/api/jobs"),
        asks=JobsAsked,
        gives={200: StudioJobs, 304: None},
        refuses=(NotFound,),
    )
    def jobs() -> Response:
        """List the jobs, or show the one named by `id`."""
        if "id" in request.args:
            job = own_written(box, request.args["id"])
            return polled(box, job, lambda shown: {"data": job_data(shown)})
        actor = require(box, Scope.MGMT)
        limit, cursor = paging()
        wanted = reading.Filter(family="studio")
        page = reading.page(box, actor.account, wanted, limit=limit, cursor=cursor)
        body = {
            "data": [job_data(show(box, job)) for job in page.jobs],
            "meta": {"next_cursor": page.cursor},
        }
        return respond(Reply(body))

    @on(blueprint, "/api/usage", gives=Data[StudioUsage])
    def usage() -> Response:
        """Show credits left and what was made this month."""
        actor = require(box, Scope.MGMT)
        month = reading.month(box)
        free = ledger.free_balance(box.db, actor.account, actor.environment)
        data = {
            "credits": pricing.in_credits(box, free),
            "used": reading.made_since(box, actor.account, month.start),
            "plan": accounts.account(box, actor.account).plan,
            "billingCycle": {"start": month.start_iso, "end": month.end_iso},
        }
        return respond(Reply({"data": data}))
