"""Reaching outward: who gets the token, which proxy, what an error says."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.error import HTTPError

import pytest

from appliance.adapters.weights.faults import Unreachable
from appliance.adapters.weights.reach import BROKEN, Reach, as_fault
from tests.support.hub import COMMIT, Hub, running_hub

FILE = "w.safetensors"


@pytest.fixture
def hub():
    with running_hub(Hub({"ada/painter": {FILE: b"w" * 2000}})) as running:
        yield running


def test_the_token_goes_to_the_hub_and_not_to_where_it_points(hub):
    with running_hub(Hub(dict(hub.repos))) as store:
        hub.store = store.url
        url = f"{hub.url}/ada/painter/resolve/{COMMIT}/{FILE}"

        with Reach(hub.url, token="secret").open(url, {"Range": "bytes=5-"}) as answer:
            assert answer.read() == b"w" * 1995

    assert hub.asked[-1][2] == "secret"
    assert store.asked[-1] == (f"/store/x/ada/painter//{FILE}", "bytes=5-", "")


def test_another_host_than_the_hub_gets_no_token(hub):
    url = f"{hub.url}/ada/painter/resolve/{COMMIT}/{FILE}"

    with Reach("http://elsewhere.local", token="secret").open(url) as answer:
        answer.read()

    assert hub.asked[-1][2] == ""


def test_a_proxy_is_asked_for_everything():
    asked = []

    class Proxy(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            return

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

    server = HTTPServer(("127.0.0.1", 0), Proxy)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        proxy = f"http://127.0.0.1:{server.server_port}"
        with Reach(proxy=proxy).open("http://hub.invalid/file") as answer:
            assert answer.read() == b"ok"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

    assert asked == ["http://hub.invalid/file"]


def test_a_failure_says_what_to_do(hub):
    with pytest.raises(HTTPError) as refused:
        Reach(hub.url).open(f"{hub.url}/nothing")
    with refused.value:
        assert "answered 404" in str(as_fault(refused.value, f"{hub.url}/nothing"))

    try:
        Reach().open("http://127.0.0.1:1/x")
    except BROKEN as error:
        fault = as_fault(error, "http://127.0.0.1:1/x")
    assert isinstance(fault, Unreachable)
    assert "127.0.0.1:1 is not reached" in str(fault)
    assert "proxy" in str(fault)
