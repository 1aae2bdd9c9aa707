"""Signed, expiring links and API keys: the forms, and how to check them. Pure.

A link is HMAC-SHA256 over the canonical text of method, path, expiry, download name and key id; the
signature for GET also serves HEAD. A key is `sa_live_` or `sa_test_`, 30 characters of base 62 and
six of checksum, so that a typing error or a scanner needs no database.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECK = 30, 6
_HINT = 12


@dataclass(frozen=True)
class SigningKeys:
    """The link keys of a box: `current` signs, all verify."""

    current: str
    by_kid: dict[str, bytes]


@dataclass(frozen=True)
class Ticket:
    """What a link's signature is over. `expires`: Unix seconds. `path`: as sent, unescaped."""

    path: str
    expires: int
    download: str


def sign(ticket: Ticket, keys: SigningKeys) -> str:
    """The query string that makes `ticket.path` a valid link: expires, kid, sig."""
    signature = _signature(ticket, keys.current, keys.by_kid[keys.current])
    return f"expires={ticket.expires}&kid={keys.current}&sig={signature}"


def verified(ticket: Ticket, kid: str, signature: str, keys: SigningKeys, now: datetime) -> bool:
    """Whether the signature is ours, over exactly this, and not expired."""
    secret = keys.by_kid.get(kid)
    if secret is None or not signature.isascii():
        return False
    good = hmac.compare_digest(_signature(ticket, kid, secret), signature)
    return good and now.timestamp() < ticket.expires


def _signature(ticket: Ticket, kid: str, secret: bytes) -> str:
    text = f"v1\nGET\n{ticket.path}\n{ticket.expires}\n{ticket.download}\n{kid}"
    digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def expiry(born: datetime, now: datetime, life: timedelta) -> int:
    """When a link handed out `now` expires, in Unix seconds.

    Links of one file are born in steps of half a life, so a poll repeats the link it gave, ETags
    hold, and every link has between half a life and a whole one left.
    """
    half = life / 2
    steps = max((now - born) // half, 0)
    return int((born + steps * half + life).timestamp())


def new_api_key(environment: str) -> str:
    """A fresh key: shown once, kept only as its digest."""
    body = "".join(secrets.choice(_BASE62) for _ in range(_RANDOM))
    head = f"sa_{environment}_{body}"
    return head + _checksum(head)


def well_formed(key: str) -> bool:
    """Whether the text is a key by form and checksum; says nothing about its being known."""
    parts = key.split("_")
    shaped = len(parts) == 3 and parts[0] == "sa" and parts[1] in ("live", "test")
    if not shaped or len(parts[2]) != _RANDOM + _CHECK or not parts[2].isalnum():
        return False
    return key.isascii() and hmac.compare_digest(_checksum(key[:-_CHECK]), key[-_CHECK:])


def key_digest(key: str) -> bytes:
    """What is stored of a key: SHA-256; 178 random bits need no slow hash."""
    return hashlib.sha256(key.encode()).digest()


def key_hint(key: str) -> str:
    """What is shown of a key afterwards: its first characters."""
    return f"{key[:_HINT]}…"


def _checksum(head: str) -> str:
    value = zlib.crc32(head.encode())
    digits = ""
    for _ in range(_CHECK):
        value, digit = divmod(value, 62)
        digits = _BASE62[digit] + digits
    return digits
