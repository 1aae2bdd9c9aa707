"""The body of `POST /api/generate/photoshoot`, and what it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from appliance import media
from appliance.core.errors import InvalidInput
from appliance.core.files import Kind, Upload
from appliance.core.params import Accepts, Choice, Help, Length, Prompt, Range
from appliance.web.form import Asked

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_A_FILE = re.compile(r"(?:https?:|data:|upl_|job_)\S+", re.IGNORECASE)


@dataclass(frozen=True)
class Photoshoot:
    """The body of `POST /api/generate/photoshoot`."""

    productImage: Annotated[Upload, Help("Photo of the product"), Accepts(Kind.IMAGE)]  # noqa: N815  the family's spelling, here and below
    background: Annotated[str, Help("The set"), Choice(media.SET_BACKGROUNDS)]
    angle: Annotated[
        str,
        Help("Framing and ground; the product is seen as in its photo"),
        Choice(media.SET_ANGLES),
    ]
    lighting: Annotated[str, Help("The light"), Choice(media.SET_LIGHTINGS)]
    count: Annotated[int, Help("Pictures"), Range(1, 4)]
    customBackground: Annotated[  # noqa: N815
        str | None,
        Help("With background custom: a colour, #RRGGBB, or words, which need a model"),
        Length(1, 1500),
        Prompt(),
    ] = None
    customBackgroundImage: Annotated[  # noqa: N815
        Upload | None, Help("With background custom: a picture instead"), Accepts(Kind.IMAGE)
    ] = None
    model: Annotated[
        str | None, Help("Model that makes the set; none: it is drawn"), Length(1, 100)
    ] = None
    seed: Annotated[
        int | None, Help("Same seed, same pictures; drawn if absent"), Range(0, 2**32 - 1)
    ] = None


def photoshoot(values: dict[str, Any]) -> Asked:
    """`customBackground` is a colour if it looks like one, else words."""
    custom, behind = values["customBackground"], values["customBackgroundImage"]
    own = [
        name for name in ("customBackground", "customBackgroundImage") if values[name] is not None
    ]
    if values["background"] == "custom" and len(own) != 1:
        raise InvalidInput(
            "background custom needs either customBackground (a colour or words) or"
            " customBackgroundImage.",
            field="customBackground",
        )
    if values["background"] != "custom" and own:
        raise InvalidInput(f"{own[0]} goes with background custom.", field=own[0])
    if custom and _A_FILE.fullmatch(custom):
        raise InvalidInput(
            "customBackground is a colour or words; send a picture as customBackgroundImage.",
            field="customBackground",
        )
    plain = custom is not None and _COLOUR.fullmatch(custom) is not None
    if values["model"] and (plain or behind):
        raise InvalidInput("A colour or a picture needs no model.", field="model")
    params = {name: values[name] for name in ("background", "angle", "lighting", "count")}
    params |= {"image": values["productImage"], "behind": behind, "model": values["model"]}
    params |= {"colour" if plain else "prompt": custom, "seed": values["seed"]}
    return Asked("product.photoshoot", params, model=values["model"])
