"""Bodies that mean harm, to every route that takes one: refused in its form, never a 500."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.contract.asking import Caller, refusal

DEEP = 100_000
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=x"
_HEAD = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n'


def _json(value: bytes) -> bytes:
    """A body whose every likely field has a value."""
    names = (b"prompt", b"image", b"text", b"width", b"op", b"size", b"name", b"params", b"scale")
    return b"{%s}" % b", ".join(b'"%s": %s' % (name, value) for name in names)


# Name: content type and body.
HOSTILE: dict[str, tuple[str | None, bytes]] = {
    "malformed": (JSON, b"{'prompt': 'a'}"),
    "truncated": (JSON, b'{"prompt": "a red ap'),
    "a list": (JSON, b"[]"),
    "a number": (JSON, b"1"),
    "arrays in arrays": (JSON, _json(b"[" * 1000 + b"]" * 1000)),
    "brackets without end": (JSON, b"[" * DEEP),
    "deep arrays": (JSON, b'{"prompt": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "deep objects": (JSON, b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "not UTF-8": (JSON, b'{"prompt": "\xff\xfe\xfd"}'),
    "UTF-16": (JSON, '{"prompt": "a"}'.encode("utf-16")),
    "NaN": (JSON, _json(b"NaN")),
    "Infinity": (JSON, _json(b"-Infinity")),
    "1e999": (JSON, _json(b"1e999")),
    "10**5000": (JSON, _json(b"1" + b"0" * 5000)),
    "a long fraction": (JSON, _json(b"0." + b"3" * 100_000)),
    "beyond 64 bits": (JSON, _json(b"9223372036854775808")),
    "duplicate keys": (JSON, b'{"prompt": 1, "prompt": 2, "image": 1, "image": 2, "text": 1}'),
    "a lone surrogate": (JSON, _json(rb'"\ud83d"')),
    "a lone surrogate as a key": (JSON, rb'{"\udc00": 1}'),
    "NUL": (JSON, _json(rb'"a\u0000b"')),
    "NUL as a key": (JSON, rb'{"\u0000": 1}'),
    "a long text": (JSON, _json(b'"' + b"a" * 1_000_000 + b'"')),
    "a long key": (JSON, b'{"' + b"k" * 1_000_000 + b'": 1}'),
    "many keys": (JSON, b"{" + b", ".join(b'"k%d": 1' % n for n in range(20_000)) + b"}"),
    "objects": (JSON, _json(b'{"$ref": "#"}')),
    "true": (JSON, _json(b"true")),
    "null": (JSON, _json(b"null")),
    "a broken data URL": (JSON, _json(b'"data:image/png;base64,!!!!"')),
    "an upload with half a character": (JSON, _json(rb'"upl_\ud800"')),
    "an upload id without end": (JSON, _json(b'"upl_' + b"A" * 100_000 + b'"')),
    "a file of this box": (JSON, _json(b'"file:///etc/passwd"')),
    "plain text": ("text/plain", b"a red apple"),
    "XML": ("application/xml", b"<a/>"),
    "no type": (None, b"prompt"),
    "a nonsense type": ("\u00e4;;;=,", b"{}"),
    "JSON called a form": (FORM, b'{"prompt": "a"}'),
    "form garbage": (FORM, b"&&&===%ZZ%%%&\x00=\xff&a[b][c]=1&=&prompt"),
    "form not UTF-8": (FORM, b"prompt=\xff\xfe"),
    "form surrogates": (FORM, b"prompt=%ED%A0%80&image=%ED%A0%80&text=%ED%A0%80"),
    "many form fields": (FORM, b"&".join(b"k%d=1" % n for n in range(20_000))),
    "multipart without boundary": ("multipart/form-data", _HEAD % b"prompt" + b"a\r\n--x--\r\n"),
    "multipart with another boundary": ("multipart/form-data; boundary=y", _HEAD % b"a" + b"a"),
    "truncated multipart": (PARTS, _HEAD % b"image" + b"\x89PNG"),
    "multipart cut in a head": (PARTS, b"--x\r\nContent-Disposition: form-da"),
    "10,000 parts": (PARTS, (_HEAD % b"a" + b"1\r\n") * 10_000 + b"--x--\r\n"),
    "a part with another name": (PARTS, _HEAD % b"none" + b"1\r\n--x--\r\n"),
    "a part without a name": (
        PARTS,
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n",
    ),
    "a file without a name": (
        PARTS,
        b'--x\r\nContent-Disposition: form-data; filename="a"\r\n\r\n1\r\n--x--\r\n',
    ),
    "a file named up a folder": (
        PARTS,
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="../../a"\r\n\r\nno\r\n'
        b"--x--\r\n",
    ),
    "nothing but a boundary": (PARTS, b"--x--\r\n"),
    "nothing": (JSON, b""),
}
# What takes a body and makes something: every submission, and the appliance's own routes.
READING = ("POST", "PUT", "PATCH")


@pytest.fixture(scope="module")
def ada(app: Flask, key: str) -> Caller:
    return Caller(app.test_client(), key)


@pytest.fixture(scope="module")
def routes(app: Flask) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of every route that takes a body."""
    paths = app.test_client().get("/openapi.json").json["paths"]
    return [
        (method.upper(), path.replace("{", "").replace("}", ""), operation)
        for path, item in paths.items()
        for method, operation in item.items()
        if method.upper() in READING and "requestBody" in operation
    ]


FAMILY = {"native": "jobs"}


def _wrong(reply: Any, operation: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the answer to a hostile body."""
    status = str(reply.status_code)
    if status not in operation["responses"]:
        yield f"{status} is not published: {reply.text[:200]}"
    elif reply.status_code >= 500:
        yield f"{status}: {reply.text[:200]}"
    elif reply.status_code >= 400:
        family = operation["tags"][0]
        if refusal(reply).family != FAMILY.get(family, family):
            yield f"not as {family} refuses: {reply.text[:200]}"


@pytest.mark.parametrize("name", HOSTILE)
def test_every_route_refuses_it_in_its_familys_form(ada, routes, name):
    kind, body = HOSTILE[name]

    wrong = [
        f"{method} {path}: {each}"
        for method, path, operation in routes
        for each in _wrong(ada.send(method, path, data=body, content_type=kind), operation)
    ]

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("length", ["0", "3", "4000", "99999999999999999999"])
def test_a_length_that_lies_is_refused(ada, routes, length):
    body = b'{"prompt": "a red apple"}'
    for method, path, operation in routes:
        reply = ada.send(
            *(method, path),
            input_stream=io.BytesIO(body),
            content_type=JSON,
            environ_overrides={"CONTENT_LENGTH": length},
        )
        assert not [*_wrong(reply, operation)], (method, path, reply.text)


def test_nothing_is_kept_or_charged(ada, box):
    before = ada.send("GET", "/api/v1/credits").json
    for kind, body in HOSTILE.values():
        ada.send("POST", "/api/v1/process", data=body, content_type=kind)

    assert ada.send("GET", "/api/v1/credits").json == before
    assert list((box.home.tmp / "arrivals").iterdir()) == []
