"""Reaching outward for weights: endpoint, token, proxy, and HTTP errors as sentences.

Plain urllib: `huggingface_hub` starts a file anew when its process died, checks no digest, and
takes proxy and offline from the environment of whoever imported it first (decision 0015).
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from typing_extensions import override

from appliance import __version__
from appliance.adapters.weights.faults import InstallFailed, Unreachable

_SECRET = ("Authorization", "Cookie")
# What a connection that fails raises, while it is opened and while it is read.
BROKEN = (URLError, OSError, http.client.HTTPException, ssl.SSLError)


@dataclass(frozen=True)
class Reach:
    """How the box reaches weights. `proxy` empty: that of the environment. `at_once`: files of one
    model fetched side by side. `timeout_s`: longest silence of the other side. `pause_s`: before it
    is asked again in vain, doubled each time.
    """

    hub: str = "https://huggingface.co"
    token: str = ""
    proxy: str = ""
    at_once: int = 4
    timeout_s: float = 60.0
    pause_s: float = 0.5

    def open(self, url: str, headers: dict[str, str] | None = None) -> http.client.HTTPResponse:
        """The answer to a GET. The token goes to the hub only.

        Raises HTTPError, and what BROKEN names.
        """
        sent = {"User-Agent": f"studio-appliance/{__version__}", **(headers or {})}
        if self.token and urlsplit(url).netloc == urlsplit(self.hub).netloc:
            sent["Authorization"] = f"Bearer {self.token}"
        request = Request(url, headers=sent)  # noqa: S310  manifests allow https, settings name the hub
        answer: http.client.HTTPResponse = self._opener().open(request, timeout=self.timeout_s)
        return answer

    def _opener(self) -> OpenerDirector:
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else None
        return build_opener(ProxyHandler(proxies), _Redirects)


class _Redirects(HTTPRedirectHandler):
    """Follows redirects, leaving secrets behind when another host is pointed to: a hub sends large
    files from a store of somebody else's.
    """

    @override
    def redirect_request(self, req: Request, *told: Any) -> Request | None:
        onward = super().redirect_request(req, *told)
        if onward and urlsplit(onward.full_url).netloc != urlsplit(req.full_url).netloc:
            for name in _SECRET:
                onward.remove_header(name)
        return onward


def as_fault(error: Exception, url: str) -> InstallFailed:
    """A failure to reach `url` as a sentence that says what to do."""
    host = urlsplit(url).netloc
    if isinstance(error, HTTPError):
        return InstallFailed(f"{host} answered {error.code} {error.reason} for {url[:300]}.")
    reason = getattr(error, "reason", None) or error
    return Unreachable(
        f"{host} is not reached: {reason}. Check the network, or set [models] proxy; what was"
        " fetched so far is kept, and the same command goes on from there."
    )
