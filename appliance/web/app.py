"""The Flask application of a box."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from threading import BoundedSemaphore
from typing import Any

from flask import Flask, Response, g, request
from flask_smorest import Blueprint
from typing_extensions import override

from appliance import __version__
from appliance.core.ids import new_id
from appliance.services.box import Box
from appliance.services.money import pricing
from appliance.web.api import (
    account,
    accounts,
    apps,
    batches,
    characters,
    contract,
    estimating,
    events,
    files,
    health,
    jobs,
    keys,
    links,
    memory,
    models,
    money,
    operations,
    studio_settings,
    uploads,
    usage,
    webhooks,
)
from appliance.web.arrivals import SpoolingRequest, forget_arrivals
from appliance.web.browsers import allow_browsers
from appliance.web.families.family import Desk, Family
from appliance.web.families.jobs import routes as jobs_rows
from appliance.web.families.product import routes as product_rows
from appliance.web.families.studio import routes as studio_rows
from appliance.web.families.tools import routes as tools_rows
from appliance.web.families.wallet import routes as wallet_rows
from appliance.web.limiting import Limiter, show_rates
from appliance.web.openapi import Publisher
from appliance.web.published import Published
from appliance.web.refusals import refuse_in_kind
from appliance.web.submitting import add_submissions
from appliance.web.waiting import Waiters

access = logging.getLogger("appliance.access")
_SIGNATURE = re.compile(r"\b(sig|kid|expires)=[^&]*")


class _App(Flask):
    @override
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        # No view or hook here is a coroutine; asking for each takes a twentieth of a poll.
        return func


def create_app(box: Box) -> Flask:
    """The web process of a box: every family, the appliance's own routes, errors in form."""
    app = _App("appliance", static_folder=None)
    app.request_class = SpoolingRequest
    app.extensions["box"] = box
    limits = box.settings.limits
    app.config.update(
        MAX_CONTENT_LENGTH=limits.upload_bytes + 1_000_000,
        API_TITLE="Studio Appliance",
        API_VERSION=__version__,
        OPENAPI_VERSION="3.1.0",
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's own provider has it
    # Half of the threads, so that slow addresses do not keep everybody from being answered.
    app.extensions["fetching"] = BoundedSemaphore(max(box.settings.server.threads // 2, 1))
    limiter = app.extensions["limiter"] = Limiter(box.settings, box.clock)
    show_rates(app, limiter)
    _published(app, box)
    _on_each_request(app, box.settings.server.cors_origins)
    return app


def _published(app: Flask, box: Box) -> None:
    families = _families(box)
    waiters = app.extensions["waiters"] = Waiters(box)
    desk = Desk(box, waiters, families)
    published = app.extensions["published"] = Published(app, Publisher(families))
    reads: Mapping[str, tuple[Any, ...]] = {
        "jobs": (
            jobs.add,
            events.add,
            account.add,
            accounts.add,
            apps.add,
            characters.add,
            health.add,
            estimating.add,
            keys.add,
            models.add,
            memory.add,
            money.add,
            usage.add,
            webhooks.add,
        ),
        "wallet": (wallet_rows.add_reads,),
        "tools": (tools_rows.add_reads,),
        "product": (product_rows.add_reads, batches.add),
        "studio": (
            studio_rows.add_reads,
            keys.add_for_studio,
            studio_settings.add,
            uploads.add_for_studio,
        ),
        operations.NAME: (operations.add, uploads.add, files.add, links.add, contract.add),
    }
    for name, family in families.items():
        blueprint = Blueprint(name, name, description=family.title)
        add_submissions(blueprint, family, desk)
        for add in reads[name]:
            add(blueprint, desk)
        published.register_blueprint(blueprint)
    refuse_in_kind(app, families)


def _families(box: Box) -> dict[str, Family]:
    everyone = (
        jobs_rows.FAMILY,
        wallet_rows.FAMILY,
        tools_rows.family(box),
        product_rows.family(box),
        studio_rows.FAMILY,
        operations.family(box),
    )
    pricing.check_priced(box, (row.price for family in everyone for row in family.submissions))
    return {family.name: family for family in everyone}


def _without_secrets(path: str, query: str) -> str:
    # Whoever reads the log must not be able to download: a link's query is a key, however encoded.
    if path.startswith("/files/"):
        return path
    shown = _SIGNATURE.sub(r"\1=…", query)
    return f"{path}?{shown}" if shown else path


def _on_each_request(app: Flask, origins: tuple[str, ...]) -> None:
    @app.before_request
    def _name() -> None:
        g.request_id = new_id("req")

    @app.after_request
    def _mark(response: Response) -> Response:
        # `add` costs a third of setting; nobody else gives these two.
        response.headers.add("X-Request-Id", g.get("request_id", ""))
        response.headers.add("X-Content-Type-Options", "nosniff")
        if response.status_code != 304:  # nothing happened, and a studio's clients poll all day
            path = _without_secrets(request.path, request.query_string.decode("latin-1"))
            access.info("%s %s %s %s", g.request_id, request.method, path, response.status_code)
        return response

    app.teardown_request(forget_arrivals)
    allow_browsers(app, origins)
