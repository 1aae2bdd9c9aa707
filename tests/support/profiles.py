"""ICC profiles of RGB spaces, made here from their primaries: nobody's file is copied."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

# x, y of red, green, blue. Source: Adobe RGB (1998), section 4.3; SMPTE EG 432-1 for P3.
_PRIMARIES = {
    "adobe": ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    "p3": ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
_D65, _D50 = (0.3127, 0.3290), np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def _xyz(x: float, y: float) -> NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _columns(gamut: str) -> NDArray[np.float64]:
    """RGB → XYZ under D50, as profiles store it."""
    corners = np.stack([_xyz(*each) for each in _PRIMARIES[gamut]], axis=1)
    white = _xyz(*_D65)
    matrix = corners * np.linalg.solve(corners, white)
    cones = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ matrix


def _fixed(values: NDArray[np.float64]) -> bytes:
    return struct.pack(">3i", *(round(float(each) * 65536) for each in values))


def rgb_profile(gamut: str, gamma: float = 2.19921875) -> bytes:
    """A version 2 display profile of `gamut`: adobe or p3, with a plain gamma."""
    columns = _columns(gamut)
    text = b"desc\0\0\0\0" + struct.pack(">I", len(gamut) + 1) + gamut.encode() + b"\0" * 79
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {
        b"desc": text + b"\0" * (-len(text) % 4),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50),
        **{
            name: b"XYZ \0\0\0\0" + _fixed(columns[:, column])
            for column, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    at, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        table += name + struct.pack(">II", at + len(data), len(body))
        data += body
    size = at + len(data)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + _fixed(_D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data
