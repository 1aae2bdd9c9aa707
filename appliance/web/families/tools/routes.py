"""The tools family's rows: `contract/tools.md`, transcribed. The catalogue is made from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NoReturn

from flask import Response, g
from flask_smorest import Blueprint

from appliance.adapters.config import Settings
from appliance.core.errors import UnknownTool
from appliance.core.jobs import Actor
from appliance.core.schema import json_schema
from appliance.core.scopes import Scope
from appliance.services.access import accounts
from appliance.services.box import Box
from appliance.services.money import ledger, pricing
from appliance.web.actor import require
from appliance.web.families.family import Desk, Family, Submission
from appliance.web.families.tools.envelope import ToolsEnvelope
from appliance.web.families.tools.shapes import Balance, Pong, Tools
from appliance.web.form import Asked, Derived, Form, Group
from appliance.web.intake import picture_room
from appliance.web.reply import Reply, respond
from appliance.web.routing import on


@dataclass(frozen=True)
class Tool:
    """A tool: its canonical slug, its other slugs, and the form it takes."""

    slug: str
    category: str
    derived: Derived
    aliases: tuple[str, ...] = ()

    @property
    def price(self) -> str:
        """Its entry in the price book."""
        return f"tools.{self.slug}"


_WORDS = Group(
    "fields",
    "What to write; what is not named stays",
    ("title", "description", "author", "copyright", "keywords"),
)
TOOLS = (
    Tool("qr", "codes", Derived("tools.qr"), ("crear-qr",)),
    Tool(
        "image-convert",
        "pictures",
        Derived("tools.image_convert"),
        ("convertir-formato-imagen",),
    ),
    Tool(
        "image-upscale",
        "pictures",
        Derived("image.upscale", rename={"scale": "factor"}),
        ("ampliar-imagen",),
    ),
    Tool(
        "background-remove",
        "pictures",
        Derived("tools.background_remove"),
        ("quitar-fondo-imagen",),
    ),
    Tool("image-resize", "pictures", Derived("tools.image_resize"), ("redimensionar-imagen",)),
    Tool("image-compress", "pictures", Derived("tools.image_compress"), ("comprimir-imagen",)),
    Tool("image-crop", "pictures", Derived("tools.image_crop"), ("recortar-imagen",)),
    Tool("watermark", "pictures", Derived("tools.watermark"), ("marca-de-agua",)),
    Tool(
        "metadata", "pictures", Derived("tools.metadata", groups=(_WORDS,)), ("metadatos-imagen",)
    ),
    Tool("collage", "pictures", Derived("tools.collage"), ("crear-collage",)),
    Tool("audio-convert", "sound", Derived("tools.audio_convert"), ("convertir-audio",)),
    Tool("audio-normalize", "sound", Derived("tools.audio_normalize"), ("normalizar-audio",)),
    Tool("video-convert", "video", Derived("tools.video_convert"), ("convertir-video",)),
    Tool("video-trim", "video", Derived("tools.video_trim"), ("recortar-video",)),
    Tool("video-thumbnail", "video", Derived("tools.video_thumbnail"), ("miniatura-video",)),
    Tool("gif-make", "video", Derived("tools.gif_make"), ("crear-gif",)),
)


@dataclass(frozen=True)
class _Slugged:
    """A tool's form under one of its slugs: an alias is repeated in the reply."""

    tool: Tool
    slug: str

    def of(self, form: Form) -> Form:
        def shape(values: dict[str, Any]) -> Asked:
            asked = form.shape(values)
            alias = {"requested_tool": self.slug} if self.slug != self.tool.slug else {}
            return replace(asked, extra={**asked.extra, **alias})

        return replace(form, shape=shape)


def family(box: Box) -> Family:
    """The family for a box: its forms need the catalogue, its language the settings."""
    return Family(
        name="tools",
        title="Tools",
        envelope=ToolsEnvelope(box.settings.ui.language),
        room=picture_room,
        wait_s=_wait_s,
        submissions=tuple(
            Submission(
                f"/api/v1/tools/{slug}",
                _Slugged(tool, slug).of(tool.derived.form(box.catalogue)),
                type=tool.slug,
                price=tool.price,
                scope=Scope.TOOLS_RUN,
                tool=tool.slug,
                summary=box.catalogue[tool.derived.operation].title,
            )
            for tool in TOOLS
            for slug in (tool.slug, *tool.aliases)
        ),
    )


def _wait_s(settings: Settings) -> float:
    return settings.tools.wait_s


def add_reads(blueprint: Blueprint, desk: Desk) -> None:
    """Ping, balance, the catalogue, and the refusal of unknown slugs."""
    box = desk.box

    @on(blueprint, "/api/v1/ping", "POST", gives=Pong, once=False)
    def ping() -> Response:
        """Check the key; moves nothing."""
        actor = require(box, None)
        account = accounts.account(box, actor.account)
        body = {
            "success": True,
            "status": "ok",
            "request_id": g.request_id,
            "api_key": {"key_hint": actor.key_hint, "environment": actor.environment.value},
            "account": {"tier": account.plan, "status": account.status},
        }
        return respond(Reply(body))

    @on(blueprint, "/api/v1/balance", gives=Balance)
    def balance() -> Response:
        """Show the balance; moves nothing."""
        actor = require(box, None)
        return respond(Reply({"success": True, "balance": _balance(desk, actor)}))

    @on(blueprint, "/api/v1/tools", gives=Tools)
    def tools() -> Response:
        """List the tools."""
        require(box, None)
        return respond(Reply({"success": True, "tools": [_entry(desk, tool) for tool in TOOLS]}))

    @on(blueprint, "/api/v1/tools/<slug>", "POST", gives={}, once=False)
    def unknown(slug: str) -> NoReturn:
        """Refuse a tool nobody knows."""
        require(box, Scope.TOOLS_RUN)
        known = ", ".join(tool.slug for tool in TOOLS)
        raise UnknownTool(f"There is no tool {slug[:60]!r}. Known: {known}.")


def _balance(desk: Desk, actor: Actor) -> dict[str, str]:
    account, environment = actor.account, actor.environment
    free = ledger.free_balance(desk.box.db, account, environment)
    held = ledger.held_balance(desk.box.db, account, environment)
    return {
        "currency": "USD",
        "balance_usd": (free + held).usd(),
        "available_usd": free.usd(),
        "held_usd": held.usd(),
        "lifetime_spent_usd": ledger.spent(desk.box.db, account, environment).usd(),
    }


def _entry(desk: Desk, tool: Tool) -> dict[str, Any]:
    box = desk.box
    operation = box.catalogue[tool.derived.operation]
    rate = pricing.rate_of(box, tool.price)
    return {
        "slug": tool.slug,
        "aliases": list(tool.aliases),
        "title": operation.title,
        "category": tool.category,
        "inputs": json_schema(tool.derived.form(box.catalogue).fields),
        "output": operation.output.value,
        "pricing": {
            "from_usd": rate.amount.usd(),
            "dynamic": rate.per.value != "job",
            "unit": rate.per.value,
        },
        "limits": {"max_bytes": box.settings.limits.small_upload_bytes},
    }
