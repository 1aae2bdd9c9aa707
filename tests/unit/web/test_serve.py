from __future__ import annotations

import threading
import time
from contextlib import suppress

import pytest
from flask import Flask, Response

from appliance.adapters.config import SettingsError
from appliance.cli.bench.load import Connection, written
from appliance.web.serve import _KeptChannel, bind_address, listening
from tests.support.box import opened_box


@pytest.fixture
def port(tmp_path):
    """The port of an app whose route /<status> answers it without a body."""
    app = Flask("test")

    @app.get("/<int:status>")
    def answer(status: int) -> Response:
        return Response(status=status)

    with opened_box(tmp_path, server__port=0) as box:
        server = listening(app, box.settings, "127.0.0.1")
        threading.Thread(target=_run, args=(server,), daemon=True).start()
        yield server.effective_port
        server.close()


def _run(server):
    with suppress(OSError):  # its socket is closed under it at the end
        server.run()


@pytest.mark.parametrize("status", [204, 304, 200])
def test_a_reply_without_a_body_keeps_the_connection(port, status):
    connection = Connection(port)

    heard = [connection.ask(written("GET", f"/{status}", {})).status for _ in range(3)]

    assert heard == [status] * 3
    connection.close()


def test_a_client_that_wants_to_go_is_let_go(port):
    connection = Connection(port)

    reply = connection.ask(written("GET", "/304", {"Connection": "close"}))

    assert reply.header("connection") == "close"
    with pytest.raises(OSError, match=r"hung up|reset|Broken"):
        connection.ask(written("GET", "/304", {}))
    connection.close()


def test_the_loop_rests_while_a_thread_sends(port, monkeypatch):
    looked, send = [], _KeptChannel.send
    writable = _KeptChannel.writable

    def slowly(channel, data, do_close=True):
        time.sleep(0.3)
        return send(channel, data, do_close)

    monkeypatch.setattr(_KeptChannel, "send", slowly)
    monkeypatch.setattr(
        _KeptChannel, "writable", lambda channel: looked.append(1) or writable(channel)
    )
    first = Connection(port)
    asking = threading.Thread(target=first.ask, args=(written("GET", "/200", {}),))
    asking.start()
    time.sleep(0.1)
    second = Connection(port)  # wakes the loop while the first one's answer is being sent
    asking.join()

    assert 0 < len(looked) < 50
    first.close()
    second.close()


def test_an_address_on_the_network_must_be_asked_for(tmp_path):
    with (
        opened_box(tmp_path, server__host="192.0.2.1") as box,
        pytest.raises(SettingsError, match="lan = true"),
    ):
        bind_address(box.settings.server)


@pytest.mark.parametrize(("path", "status"), [("/api/v1/batch", 404), ("/api/v1/process", 413)])
def test_a_batch_may_be_larger_than_other_requests(tmp_path, path, status):
    app = Flask("test")
    small = {"limits__upload_bytes": 1000, "batch__bytes": 5000, "server__port": 0}
    with opened_box(tmp_path, **small) as box:
        server = listening(app, box.settings, "127.0.0.1")
        threading.Thread(target=_run, args=(server,), daemon=True).start()
        connection = Connection(server.effective_port)

        reply = connection.ask(written("POST", path, {}, b"x" * 4000))

        assert reply.status == status
        connection.close()
        server.close()
