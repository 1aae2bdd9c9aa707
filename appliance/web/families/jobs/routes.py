"""The jobs family's rows: `contract/jobs.md`, transcribed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from appliance.core.files import Kind, Upload
from appliance.core.params import Accepts, Choice, Help, Length
from appliance.core.scopes import Scope
from appliance.web.families.family import Family, Submission
from appliance.web.families.jobs.envelope import JobsEnvelope
from appliance.web.form import Asked, Derived, irregular
from appliance.web.intake import usual_room


@dataclass(frozen=True)
class Enhance:
    """The body of `POST /api/v1/enhance`."""

    image: Annotated[Upload, Help("Picture to enhance"), Accepts(Kind.IMAGE)]
    op: Annotated[str, Help("What to do with it"), Choice(("upscale",))]
    scale: Annotated[int, Help("upscale: times larger, each side"), Choice((2, 4))] = 2
    model: Annotated[str | None, Help("Model to use"), Length(1, 100)] = None


def enhance(values: dict[str, Any]) -> Asked:
    """One op a call: `op` names the operation."""
    params = {"image": values["image"], "factor": values["scale"], "model": values["model"]}
    return Asked("image.upscale", params, model=values["model"])


FAMILY = Family(
    name="jobs",
    title="Jobs",
    envelope=JobsEnvelope(),
    room=usual_room,
    submissions=(
        Submission(
            "/api/v1/generate",
            Derived("image.generate"),
            type="generate",
            price="jobs.generate",
            scope=Scope.GENERATION,
            summary="Make pictures from words",
        ),
        Submission(
            "/api/v1/enhance",
            irregular(Enhance, enhance),
            type="enhance",
            price="jobs.enhance.upscale",
            scope=Scope.GENERATION,
            summary="Enhance a picture",
        ),
    ),
)
