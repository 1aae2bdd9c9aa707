"""Sealing what only the bearer of a secret may read again: AES-256-GCM under a key made of it."""

from __future__ import annotations

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_PURPOSE = b"studio-appliance reply"
_NONCE = 12


class Unreadable(Exception):
    """It was sealed with another secret, or about something else, or it is damaged."""


def seal(secret: str, content: bytes, about: bytes) -> bytes:
    """The content, unreadable without the secret. `secret`: of high entropy, such as an API key.
    `about`: must be the same when it is opened.
    """
    nonce = os.urandom(_NONCE)
    return nonce + _cipher(secret).encrypt(nonce, content, about)


def unseal(secret: str, sealed: bytes, about: bytes) -> bytes:
    """What was sealed. Raises Unreadable."""
    try:
        return _cipher(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], about)
    except (InvalidTag, ValueError) as error:
        raise Unreadable from error


def _cipher(secret: str) -> AESGCM:
    return AESGCM(hmac.digest(secret.encode(), _PURPOSE, "sha256"))
