"""What a .safetensors file holds, from its header alone: nothing of it is executed or loaded."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.core.errors import BrokenMedia, UnsupportedMedia

_LARGEST = 100_000_000  # bytes of a header; the format's own limit
PICKLES = frozenset({".ckpt", ".pt", ".pth", ".bin", ".pkl"})


@dataclass(frozen=True)
class Header:
    """Names of the tensors with their shapes, and what the file says of itself."""

    shapes: Mapping[str, tuple[int, ...]]
    says: Mapping[str, str]


def read_header(path: Path) -> Header:
    """The header of a .safetensors file.

    Raises UnsupportedMedia for a pickle or anything else, BrokenMedia for a file that is cut off.
    """
    if path.suffix.lower() in PICKLES:
        raise UnsupportedMedia(
            f"{path.name} is a pickle: opening one may run whatever is inside, so it is refused."
            " Ask its authors for .safetensors, or convert it on a machine you can spare."
        )
    with path.open("rb") as file:
        first = file.read(8)
        size = struct.unpack("<Q", first)[0] if len(first) == 8 else 0
        if not 2 <= size <= _LARGEST:
            raise UnsupportedMedia(f"{path.name} is no .safetensors file.")
        raw = file.read(size)
    try:
        told = json.loads(raw.decode("utf-8"))
        says = told.pop("__metadata__", {})
        shapes = {name: tuple(each["shape"]) for name, each in told.items()}
        end = max((each["data_offsets"][1] for each in told.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise UnsupportedMedia(f"{path.name} is no .safetensors file.") from None
    if path.stat().st_size != 8 + size + end:
        raise BrokenMedia(f"{path.name} is cut off: its header tells of {8 + size + end} bytes.")
    return Header(shapes, {str(key): str(value) for key, value in dict(says).items()})
