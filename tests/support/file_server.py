"""A server of files on loopback, for what the box fetches."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress


class FileServer:
    """Serves `files` by path; `asked` says what was asked for. `pause_s`: before each answer."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self.asked: list[str] = []
        self.pause_s = 0.0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.socket.close()  # not its threads: one may pause still

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        files = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                files.asked.append(self.path)
                time.sleep(files.pause_s)
                body = files.files.get(self.path)
                with suppress(ConnectionError):
                    self.send_response(404 if body is None else 200)
                    self.send_header("Content-Length", str(len(body or b"")))
                    self.end_headers()
                    self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                return

        return Handler


@contextmanager
def serving_files(files: Mapping[str, bytes]) -> Iterator[FileServer]:
    server = FileServer(files)
    try:
        yield server
    finally:
        server.close()
