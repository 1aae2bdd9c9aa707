"""Small .safetensors files with tensors of given names and shapes: real headers, zeros inside."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path


def write_header(
    path: Path, shapes: Mapping[str, tuple[int, ...]], says: Mapping[str, str] | None = None
) -> Path:
    """Write such a file; every tensor is of 16-bit floats."""
    told: dict[str, object] = {"__metadata__": dict(says)} if says else {}
    end = 0
    for name, shape in shapes.items():
        size = 2 * prod(shape)
        told[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    header = json.dumps(told).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(end))
    return path
