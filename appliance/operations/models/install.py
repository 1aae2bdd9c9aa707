"""Bring a model's weights onto the box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from appliance.core.abilities.installer import INSTALLER
from appliance.core.files import Kind
from appliance.core.operation import Output, RunContext, operation
from appliance.core.params import Help, Pattern


@dataclass(frozen=True)
class Params:
    """Which model."""

    model: Annotated[
        str, Help("Id of the model"), Pattern(r"[a-z0-9][a-z0-9._-]{0,79}", "a model's id")
    ]


@operation(
    name="models.install",
    title="Install a model",
    output=Kind.DOCUMENT,
    needs=(INSTALLER,),
    admin=True,
)
def install(ctx: RunContext, params: Params) -> Output:
    """Fetch the weights, check every digest, put them in place; no files come of it."""
    return Output((), ctx.ability(INSTALLER).install(params.model, ctx.progress))
