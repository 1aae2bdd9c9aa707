"""Which size a model makes a picture in: the nearest one it was made for."""

from __future__ import annotations

from math import log, sqrt

Size = tuple[int, int]  # width, height in px

_TOLERATED = (0.5, 1.5)  # times the native area within which a model keeps its quality


def nearest(asked: Size, natives: tuple[Size, ...]) -> Size:
    """The native size of the nearest aspect ratio; among equal ones the nearest in area."""
    return min(natives, key=lambda native: (_shape_off(asked, native), _area_off(asked, native)))


def derived(asked: Size, side: int, multiple: int) -> Size:
    """A size for a model of `side`×`side` px that takes any multiple of `multiple`.

    The size asked for where the model is at ease with its area, else one of its shape and of the
    native area.
    """
    times = asked[0] * asked[1] / side**2
    scale = 1.0 if _TOLERATED[0] <= times <= _TOLERATED[1] else 1 / sqrt(times)
    width, height = (max(1, round(length * scale / multiple)) * multiple for length in asked)
    return width, height


def _shape_off(asked: Size, native: Size) -> float:
    # Rounded, so that 1024×768 and 640×480 count as the same shape.
    return round(abs(log(asked[0] / asked[1]) - log(native[0] / native[1])), 3)


def _area_off(asked: Size, native: Size) -> float:
    return abs(log(asked[0] * asked[1]) - log(native[0] * native[1]))
