"""Signing made files with Content Credentials, by the C2PA project's own library. Offline: no time
stamp is asked for, and nothing is fetched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import c2pa

from appliance.core.content_credentials import Signer, ingredient
from appliance.core.errors import ProcessingFailed
from appliance.core.files import Upload

SIGNS = frozenset(
    {
        *("image/png", "image/jpeg", "image/webp", "image/avif", "image/heic", "image/heif"),
        *("image/tiff", "image/gif", "video/mp4", "video/quicktime"),
        *("audio/wav", "audio/x-wav", "audio/mpeg", "audio/flac", "audio/mp4"),
    }
)
# A picture of the picture inside the picture would make it half as large again.
_SETTINGS: dict[str, Any] = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    "verify": {"verify_after_sign": False},
}


def sign(
    path: Path, mime: str, manifest: Mapping[str, Any], inputs: Sequence[Upload], signer: Signer
) -> None:
    """Put a signed manifest into a finished file, as the last thing that is done to it; its pixels
    and samples stay. What `inputs` themselves tell, signed, becomes part of it.

    Raises ProcessingFailed where it cannot be signed, as with a certificate whose time is over.
    """
    signed = path.with_name(f".{path.name}.signed")
    try:
        with (
            _builder(manifest) as builder,
            path.open("rb") as source,
            signed.open("w+b") as target,
        ):
            for number, given in enumerate(inputs):
                _add(builder, number, given)
            builder.sign(_signer(signer), mime, source, target)
        os.replace(signed, path)  # noqa: PTH105  says what it does
    except c2pa.C2paError as error:
        raise ProcessingFailed(
            f"{path.name} could not be signed ({error}). The admin looks at: appliance doctor."
        ) from error
    finally:
        signed.unlink(missing_ok=True)


def credentials(path: Path, mime: str, anchors: str = "") -> dict[str, Any] | None:
    """What a file's manifests say and whether they hold, as the library tells it: `manifests`,
    `active_manifest`, `validation_state` (Trusted with a chain up to `anchors`, PEM; Valid without;
    else Invalid). None for a file without any.
    """
    trust = {"trust": {"user_anchors": anchors}, "verify": {"verify_trust": True}}
    context = _context(json.dumps({"version": 1, **(trust if anchors else {})}))
    with path.open("rb") as file:
        reader = c2pa.Reader.try_create(mime, file, context=context)
        found: dict[str, Any] | None = json.loads(reader.json()) if reader else None
        return found


def _builder(manifest: Mapping[str, Any]) -> Any:
    return c2pa.Builder(dict(manifest), context=_context(json.dumps(_SETTINGS)))


def _add(builder: Any, number: int, given: Upload) -> None:
    told = ingredient(number, given.name)
    try:
        with given.path.open("rb") as file:
            builder.add_ingredient(told, given.mime, file)
    except (c2pa.C2paError, OSError):
        # Named all the same: that something went in is true of what the library cannot read too.
        with open(os.devnull, "rb") as nothing:  # noqa: PTH123  a name, not a place
            builder.add_ingredient(told, "application/octet-stream", nothing)


@lru_cache(maxsize=4)
def _context(settings: str) -> Any:
    return c2pa.Context(settings=c2pa.Settings.from_dict(json.loads(settings)))


@lru_cache(maxsize=2)
def _signer(signer: Signer) -> Any:
    info = c2pa.C2paSignerInfo(
        alg=b"es256", sign_cert=signer.chain, private_key=signer.key, ta_url=None
    )
    return c2pa.Signer.from_info(info)
