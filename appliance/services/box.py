"""One box, composed: what every use case is handed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.adapters.config import Settings, load_settings
from appliance.adapters.database import Database
from appliance.adapters.home import Home, home_of, root_of
from appliance.adapters.link_keys import LinkKeys
from appliance.adapters.live import LiveBoard
from appliance.adapters.manifests import Shelf
from appliance.adapters.outbound import Outside
from appliance.adapters.queue import Lanes
from appliance.core.clock import SYSTEM_CLOCK, Clock
from appliance.core.operation import Catalogue
from appliance.core.workers import stations


@dataclass(frozen=True)
class Box:
    """Settings, time, rows, files, queues, models, operations and the way out of one appliance."""

    settings: Settings
    clock: Clock
    home: Home
    db: Database
    live: LiveBoard
    lanes: Lanes
    shelf: Shelf
    catalogue: Catalogue
    link_keys: LinkKeys
    outside: Outside


def open_box(
    environ: Mapping[str, str], catalogue: Catalogue, *, clock: Clock = SYSTEM_CLOCK
) -> Box:
    """Open the box that `environ` points to, bringing folders, secrets and rows up to date.

    Raises SettingsError for settings that cannot be used.
    """
    root = root_of(environ)
    settings = load_settings(root, environ)
    gpus = settings.worker.gpus
    home = home_of(root, settings)
    home.prepare()
    db = Database(home.database)
    db.migrate()
    return Box(
        settings=settings,
        clock=clock,
        home=home,
        db=db,
        live=LiveBoard(home.live),
        lanes=Lanes(home.queue, home.run, tuple(each.lane for each in stations(gpus))),
        shelf=Shelf(home.models),
        catalogue=catalogue,
        link_keys=LinkKeys(home.secrets),
        outside=Outside(settings.outbound.lan, settings.outbound.plain_hosts, settings.server.port),
    )
