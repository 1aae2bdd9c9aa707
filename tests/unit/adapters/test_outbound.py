from __future__ import annotations

import hashlib
import http.server
import socket
import threading
from ipaddress import ip_address, ip_network

import pytest

from appliance.adapters import outbound
from appliance.adapters.outbound import Outside, Unreachable, lan_network
from appliance.core.errors import InvalidInput, TooLarge

PUBLIC, ALSO_PUBLIC, STUDIO = "93.184.216.34", "93.184.216.35", "192.168.77.50"
NAMES = {
    "public.test": [[PUBLIC]],
    "studio.test": [[STUDIO]],
    "rebinding.test": [[PUBLIC], ["127.0.0.1"]],
    "mixed.test": [[PUBLIC, "10.0.0.5"]],
    "metadata.test": [["169.254.169.254"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "nat64.test": [["64:ff9b::7f00:1"]],
    "carrier.test": [["100.64.0.1"]],
    "unique.test": [["fd00::1"]],
    "6to4.test": [["2002:7f00:1::"]],
    "compatible.test": [["::127.0.0.1"]],
    "zero.test": [["0.0.0.0"]],
    "broadcast.test": [["255.255.255.255"]],
    "multicast.test": [["224.0.0.251"]],
    "0x7f.0.0.1": [["127.0.0.1"]],  # as the system resolves it
}
REFUSED = (
    "https://studio.test/",
    "https://mixed.test/",
    "https://metadata.test/",
    "https://mapped.test/",
    "https://nat64.test/",
    "https://carrier.test/",
    "https://unique.test/",
    "https://6to4.test/",
    "https://compatible.test/",
    "https://zero.test/",
    "https://broadcast.test/",
    "https://multicast.test/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://0x7f.0.0.1/",
    "https://127.1/",
    "https://[::1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://public.test:22/",
    "https://public.test:8188/",
    "https://user:secret@public.test/",
    "https://public.test\t/",
    "ftp://public.test/",
    "file:///etc/passwd",
    "http://public.test/",
    "public.test",
    "",
    "https://",
    "https://[",
)


@pytest.fixture
def dialled(monkeypatch) -> list[str]:
    """The addresses that were dialled; names resolve as NAMES says, nothing answers."""
    asked: dict[str, int] = {}
    found: list[str] = []

    def resolve(host, port, *_args, **_kwargs):
        name = host.decode() if isinstance(host, bytes) else host
        turns = NAMES.get(name) or [[str(ip_address(name))]]
        turn = turns[min(asked.get(name, 0), len(turns) - 1)]
        asked[name] = asked.get(name, 0) + 1
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in turn
        ]

    def dial(_socket, address):
        found.append(address[0])
        raise ConnectionRefusedError("nobody answers in this test")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", dial)
    return found


def outside(*lan: str, plain: tuple[str, ...] = ()) -> Outside:
    return Outside(lan, plain, own_port=8188)


@pytest.mark.parametrize("url", REFUSED)
def test_what_is_not_public_is_never_dialled(dialled, tmp_path, url):
    with pytest.raises(InvalidInput) as refused:
        outside().fetch(url, tmp_path / "f", field="image", most_bytes=10, timeout_s=1)

    assert refused.value.field == "image"
    assert dialled == []


def test_a_public_address_is_dialled(dialled):
    with pytest.raises(Unreachable):
        outside().post("https://public.test/hook", b"{}", {}, timeout_s=1)

    assert set(dialled) == {PUBLIC}


def test_the_second_answer_of_a_rebinding_name_is_not_used(dialled):
    with pytest.raises(Unreachable):
        outside().post("https://rebinding.test/", b"{}", {}, timeout_s=1)

    assert set(dialled) == {PUBLIC}


def test_a_network_that_the_admin_lets_in_is_dialled(dialled):
    with pytest.raises(Unreachable):
        outside("192.168.77.0/24").post("https://studio.test/", b"{}", {}, timeout_s=1)

    assert set(dialled) == {STUDIO}


def test_the_boxs_own_address_is_refused_in_a_network_let_in(dialled, monkeypatch):
    monkeypatch.setattr(outbound, "own_addresses", lambda: frozenset({ip_address(STUDIO)}))

    with pytest.raises(InvalidInput):
        outside("192.168.77.0/24").post("https://studio.test/", b"{}", {}, timeout_s=1)
    with pytest.raises(InvalidInput):
        outside("192.168.77.0/24").post(f"https://{STUDIO}/", b"{}", {}, timeout_s=1)

    assert dialled == []


def test_a_host_may_be_let_off_tls(dialled):
    with pytest.raises(Unreachable):
        outside(plain=("public.test",)).post("http://public.test/", b"{}", {}, timeout_s=1)

    assert set(dialled) == {PUBLIC}


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.0/8",
        "127.0.0.1/32",
        "0.0.0.0/0",
        "169.254.0.0/16",
        "::1/128",
        "::/0",
        "fe80::/10",
        "224.0.0.0/4",
    ],
)
def test_loopback_and_metadata_are_never_let_in(text):
    with pytest.raises(ValueError, match="never asked"):
        lan_network(text)


def test_a_studios_networks_are_let_in():
    assert lan_network("192.168.0.0/16") == ip_network("192.168.0.0/16")
    assert lan_network("fd12:3456::/48") == ip_network("fd12:3456::/48")


class _Receiver(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        moved = {
            "/to-metadata": "https://169.254.169.254/latest",
            "/to-loopback": "https://127.0.0.1/",
            "/to-plain": "http://public.test/",
            "/to-file": "file:///etc/passwd",
            "/round": "/round",
            "/to-good": "/good.txt",
        }
        if self.path in moved:
            self.send_response(302)
            self.send_header("Location", moved[self.path])
            self.end_headers()
            return
        if self.path == "/missing":
            self.send_error(404)
            return
        body = b"x" * 5000 if self.path == "/large" else b"hello"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        status = int(self.path.strip("/"))
        self.send_response(status)
        self.send_header("Retry-After", "17")
        self.send_header("Location", "/200")
        self.end_headers()
        self.wfile.write(asked * 3000)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def receiver(monkeypatch):
    """A real server on loopback and an `Outside` that, in this test, may ask it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(outbound, "_NEVER", ())
    monkeypatch.setattr(outbound, "own_addresses", frozenset)
    yield f"http://127.0.0.1:{server.server_port}", outside("127.0.0.1/32", plain=("127.0.0.1",))
    server.shutdown()
    server.server_close()


def fetched(receiver, path, into, **changes):
    base, out = receiver
    return out.fetch(
        base + path, into, **{"field": "image", "most_bytes": 100, "timeout_s": 5} | changes
    )


@pytest.mark.parametrize("path", ["/good.txt", "/to-good"])
def test_a_file_is_fetched_with_its_digest(receiver, tmp_path, path):
    got = fetched(receiver, path, tmp_path / "f")

    assert (got.name, got.bytes) == ("good.txt", 5)
    assert got.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert (tmp_path / "f").read_bytes() == b"hello"


@pytest.mark.parametrize("path", ["/to-metadata", "/to-plain", "/to-file", "/round"])
def test_a_redirect_is_judged_as_any_address(receiver, tmp_path, path):
    with pytest.raises(InvalidInput) as refused:
        fetched(receiver, path, tmp_path / "f")

    assert refused.value.field == "image"
    assert not (tmp_path / "f").exists()


def test_a_file_too_large_is_left(receiver, tmp_path):
    with pytest.raises(TooLarge) as refused:
        fetched(receiver, "/large", tmp_path / "f")

    assert refused.value.field == "image"
    assert not (tmp_path / "f").exists()


def test_a_missing_file_is_said_so(receiver, tmp_path):
    with pytest.raises(Unreachable, match="404"):
        fetched(receiver, "/missing", tmp_path / "f")


@pytest.mark.parametrize("status", [200, 302, 410, 503])
def test_a_post_gives_the_status_and_the_head_of_the_answer(receiver, status):
    base, out = receiver

    answer = out.post(f"{base}/{status}", b"ping ", {"X-Test": "1"}, timeout_s=5)

    assert (answer.status, len(answer.head), answer.retry_after) == (status, 2048, "17")
    assert answer.head.startswith("ping ping ")
