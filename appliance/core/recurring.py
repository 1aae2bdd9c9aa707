"""Parameters that recur: tools that mean the same say it in the same words.

filename: Filename = None
"""

from __future__ import annotations

from typing import Annotated

from appliance.core.params import Choice, Help, Length, Range

Filename = Annotated[str | None, Help("Its stem names the result"), Length(1, 200)]

KeptFormat = Annotated[
    str | None,
    Help("Format of the result; none: as the picture came"),
    Choice(("webp", "png", "jpeg", "avif", "gif", "tiff", "bmp")),
]

LossyQuality = Annotated[
    int | None, Help("1 small … 100 fine, for jpeg, webp, avif"), Range(1, 100)
]
