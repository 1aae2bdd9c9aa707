"""The wallet family's rows: `contract/wallet.md`, transcribed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from flask import Response
from flask_smorest import Blueprint

from appliance.adapters.config import Settings
from appliance.core.clock import iso
from appliance.core.errors import InvalidInput
from appliance.core.jobs import Actor
from appliance.core.params import Choice, Help, Length, Pattern, Prompt, Range
from appliance.core.scopes import Scope
from appliance.services.box import Box
from appliance.services.money import ledger, usage
from appliance.web.actor import require
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.families.wallet.envelope import WalletEnvelope
from appliance.web.families.wallet.shapes import Wallet
from appliance.web.form import Asked, irregular
from appliance.web.intake import usual_room
from appliance.web.reply import Reply, respond
from appliance.web.routing import on


@dataclass(frozen=True)
class Image:
    """The body of `POST /api/v1/image/generate`."""

    prompt: Annotated[str, Help("What to picture"), Length(1, 2000), Prompt()]
    model: Annotated[str, Help("Model to use"), Length(1, 100)]
    size: Annotated[
        str,
        Help("Width and height in pixels"),
        Pattern(r"\d{3,4}x\d{3,4}", 'width and height such as "1024x1024"'),
    ] = "1024x1024"
    enhance: Annotated[bool, Help("Widen the prompt before it is used")] = True
    seed: Annotated[
        int | None, Help("Same seed, same picture; drawn if absent"), Range(0, 2**32 - 1)
    ] = None
    format: Annotated[str, Help("File format"), Choice(("webp", "png", "jpeg"))] = "webp"


# The documented widening where no language model is installed; it names what it is in the reply.
_TEMPLATE = "{prompt}, highly detailed, sharp focus, balanced composition, professional lighting"
_ROOM_FOR_PROMPT = 2000
_SMALLEST, _LARGEST, _MULTIPLE = 256, 2048, 8


def image(values: dict[str, Any]) -> Asked:
    """`size` is split, the prompt widened by the template where `enhance` asks for it."""
    width, height = (int(side) for side in values["size"].split("x"))
    if any(side % _MULTIPLE or not _SMALLEST <= side <= _LARGEST for side in (width, height)):
        raise InvalidInput(
            f"size must have sides of {_SMALLEST} to {_LARGEST}, in multiples of {_MULTIPLE}.",
            field="size",
        )
    widened = _TEMPLATE.format(prompt=values["prompt"].rstrip(" .,"))
    template = values["enhance"] and len(widened) <= _ROOM_FOR_PROMPT
    params = {
        "prompt": widened if template else values["prompt"],
        "model": values["model"],
        "width": width,
        "height": height,
        "seed": values["seed"],
        "output_format": values["format"],
    }
    extra = {"enhancer": "template"} if template else {}
    return Asked("image.generate", params, model=values["model"], extra=extra)


def _wait_s(settings: Settings) -> float:
    return settings.wallet.wait_s


FAMILY = Family(
    name="wallet",
    title="Wallet",
    envelope=WalletEnvelope(),
    room=usual_room,
    wait_s=_wait_s,
    submissions=(
        Submission(
            "/api/v1/image/generate",
            irregular(Image, image),
            type="image",
            price="wallet.image",
            scope=Scope.GENERATION,
            summary="Make a picture and wait for it",
        ),
    ),
)


def add_reads(blueprint: Blueprint, desk: Desk) -> None:
    """The wallet itself."""

    @on(blueprint, "/api/v1/wallet", gives=Wallet)
    def wallet() -> Response:
        """Show the prepaid balance."""
        actor = require(desk.box, Scope.MGMT)
        account, environment = actor.account, actor.environment
        body = {
            "balanceUsd": ledger.free_balance(desk.box.db, account, environment).usd(),
            "heldUsd": ledger.held_balance(desk.box.db, account, environment).usd(),
            "spentThisMonthUsd": ledger.spent_this_month(desk.box, account, environment).usd(),
            "quota": _quota(desk.box, actor),
        }
        return respond(Reply(body))


def _quota(box: Box, actor: Actor) -> dict[str, Any]:
    """The key's monthly quota with what is used of it, and its app's; empty without one."""
    shown = {
        use.word: {
            **use.quota,
            "used": {"calls": use.calls, "usd": use.spent.usd()},
            "resets_at": iso(use.resets_at),
        }
        for use in usage.quotas(box, actor)
    }
    app = {"app": shown["app"]} if "app" in shown else {}
    return {**shown.get("key", {}), **app}
