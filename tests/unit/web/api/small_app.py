"""A Flask app of one of the appliance's own resources and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, g
from flask_smorest import Api, Blueprint

from appliance.services.box import Box
from appliance.web.families.family import Desk, Family
from appliance.web.families.jobs.envelope import JobsEnvelope
from appliance.web.intake import Room
from appliance.web.limiting import Limiter
from appliance.web.refusals import refuse_in_kind
from appliance.web.waiting import Waiters


def small_app(box: Box, add: Callable[[Blueprint, Desk], None]) -> tuple[Flask, Desk]:
    """The app with what `add` registers, in the jobs family's envelope, and its desk."""
    app = Flask("test")
    app.config.update(API_TITLE="t", API_VERSION="1", OPENAPI_VERSION="3.1.0")
    app.before_request(lambda: setattr(g, "request_id", "req_1"))
    app.extensions["box"] = box
    app.extensions["limiter"] = Limiter(box.settings, box.clock)
    families = {"jobs": Family("jobs", "Jobs", JobsEnvelope(), (), lambda _: Room(1, 1))}
    desk = Desk(box, Waiters(box), families)
    blueprint = Blueprint("jobs", "jobs")
    add(blueprint, desk)
    Api(app).register_blueprint(blueprint)
    refuse_in_kind(app, families)
    return app, desk
