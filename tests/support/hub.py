"""A model hub on this machine: the real HTTP API over real sockets, with every way to misbehave."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34
_PAGE = 2  # entries of a tree page: small, so that every listing has several
_CHUNK = 64 * 1024


@dataclass
class Hub:
    """What the hub holds and how it behaves. `repos`: files by repository; those of 1 kB and more
    lie in its large-file store.

    `break_after`: bytes of a body after which a connection is cut, for so many `breaks`. `gated`:
    repositories that want `token`. `lies`: content sent instead of a file's. `slow_s`: pause
    between chunks. `no_ranges`: every answer is the whole file. `asked`: (path, Range, token).
    """

    repos: dict[str, dict[str, bytes]]
    url: str = ""
    break_after: int = 0
    breaks: int = 0
    gated: set[str] = field(default_factory=set)
    token: str = ""
    lies: dict[str, bytes] = field(default_factory=dict)
    lengths: dict[str, int] = field(default_factory=dict)
    slow_s: float = 0.0
    no_ranges: bool = False
    fails: int = 0
    store: str = ""
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ranges(self, name: str) -> list[str]:
        """The Range of each download of a file, in order."""
        return [ranged for path, ranged, _token in self.asked if path.endswith(f"/{name}")]

    def sent(self, name: str) -> int:
        """How many times a file was asked for."""
        return len(self.ranges(name))


def entry(name: str, content: bytes) -> dict[str, object]:
    """A file as the tree API tells it."""
    git = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
    told: dict[str, object] = {"type": "file", "path": name, "size": len(content), "oid": git}
    if len(content) >= 1024:
        told["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    return told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: object) -> None:
        return

    def do_GET(self) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        parts = urlsplit(self.path)
        with self.hub.lock:
            self.hub.asked.append((unquote(parts.path), self.headers.get("Range", ""), token))
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", parts.path):
            self._info(found[1], unquote(found[2]), token)
        elif found := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/(\w+)", parts.path):
            self._tree(found[1], int(parse_qs(parts.query).get("cursor", ["0"])[0]))
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/(\w+)/(.+)", unquote(parts.path)):
            self._resolve(found[1], found[3], token)
        elif parts.path.startswith("/store/"):
            self._file(*unquote(parts.path).split("/", 3)[3].split("//", 1))
        else:
            self._json({"error": "not found"}, 404)

    def _allowed(self, repo: str, token: str) -> bool:
        if repo not in self.hub.gated or token == self.hub.token != "":
            return True
        self._json({"error": "gated"}, 403 if token else 401, {"X-Error-Code": "GatedRepo"})
        return False

    def _info(self, repo: str, revision: str, token: str) -> None:
        if not self._allowed(repo, token):
            return
        if repo not in self.hub.repos or revision not in ("main", COMMIT):
            self._json({"error": "no such revision"}, 404)
            return
        self._json({"id": repo, "sha": COMMIT})

    def _tree(self, repo: str, cursor: int) -> None:
        files = sorted(self.hub.repos[repo].items())
        entries = [entry(name, content) for name, content in files]
        entries.insert(0, {"type": "directory", "path": "unet", "size": 0, "oid": "d" * 40})
        headers = {}
        if cursor + _PAGE < len(entries):
            onward = f"{self.hub.url}/api/models/{repo}/tree/{COMMIT}?cursor={cursor + _PAGE}"
            headers["Link"] = f'<{onward}>; rel="next"'
        self._json(entries[cursor : cursor + _PAGE], 200, headers)

    def _resolve(self, repo: str, name: str, token: str) -> None:
        if not self._allowed(repo, token):
            return
        if self.hub.fails:
            self.hub.fails -= 1
            self._json({"error": "busy"}, 503)
        elif self.hub.store:
            self.send_response(302)
            self.send_header("Location", f"{self.hub.store}/store/x/{repo}//{name}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._file(repo, name)

    def _file(self, repo: str, name: str) -> None:
        content = self.hub.lies.get(name, self.hub.repos[repo][name])
        content = content[: self.hub.lengths.get(name, len(content))]
        ranged = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(ranged[1]) if ranged and not self.hub.no_ranges else 0
        if ranged and start >= len(content) and not self.hub.no_ranges:
            self._json({"error": "range"}, 416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self._send(content[start:])

    def _send(self, content: bytes) -> None:
        with self.hub.lock:
            breaks = self.hub.breaks > 0 and len(content) > self.hub.break_after
            self.hub.breaks -= breaks
        body = content[: self.hub.break_after] if breaks else content
        try:
            for at in range(0, len(body), _CHUNK):
                self.wfile.write(body[at : at + _CHUNK])
                time.sleep(self.hub.slow_s)
        except OSError:
            breaks = True  # whoever asked is gone
        if breaks:
            self.close_connection = True

    def _json(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def running_hub(hub: Hub) -> Iterator[Hub]:
    """Let the hub answer at `hub.url` while the block runs."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
