"""What receivers of webhooks are told, in the words of a family; small, whatever a job made."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from appliance.adapters.machine import lan_address
from appliance.adapters.sections import Server
from appliance.core.clock import iso
from appliance.services.box import Box
from appliance.services.jobs import reading
from appliance.services.webhooks.delivering import News, Wording
from appliance.web.families.jobs import envelope as jobs
from appliance.web.families.product import envelope as product
from appliance.web.families.studio import envelope as studio
from appliance.web.showing import Shown, show_from

_MOST_BYTES = 20_000
_LONG = ("facts", "warnings", "outputUrls", "outputs")  # what a job may have much of


def wording(box: Box) -> Wording:
    """How the box words its news. Links begin with `server.public_url`, or with where it listens.

    A body above 20 KB is told without what is long in it, and with `abridged: true`: the receiver
    asks for the rest.
    """
    return partial(_body, box, own_url(box.settings.server))


def own_url(server: Server) -> str:
    """Where the box is reached, as far as it can know."""
    if server.public_url:
        return server.public_url.rstrip("/")
    host = lan_address() if server.lan else server.host
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}"


def _body(box: Box, base: str, news: News) -> bytes:
    shown = show_from(box, reading.job_by_id(box, news.job), base) if news.job else None
    said = _WORDS[news.family](news, shown)
    written = _written(said)
    data = said.get("data", said)
    for name in _LONG:
        if len(written) < _MOST_BYTES:
            break
        if data.pop(name, None):
            data["abridged"] = True
            written = _written(said)
    return written


def _written(said: dict[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _jobs(news: News, shown: Shown | None) -> dict[str, Any]:
    data = jobs.job_data(shown) if shown else dict(news.data)
    return {"type": news.kind, "timestamp": iso(news.at), "data": data}


def _studio(news: News, shown: Shown | None) -> dict[str, Any]:
    # A documented client knows completed and failed, and a cancelled job as a failed one.
    kind = "job.failed" if news.kind == "job.cancelled" else news.kind
    data = studio.job_data(shown) if shown else dict(news.data)
    return {"event": kind, "timestamp": iso(news.at), "data": data}


def _product(news: News, shown: Shown | None) -> dict[str, Any]:
    return dict(product.polled(shown)) if shown else dict(news.data)


_WORDS = {"jobs": _jobs, "studio": _studio, "product": _product}
