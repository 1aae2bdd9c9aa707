"""Pictures, sound and video without weights, as plain functions, handed out lazily.

`from appliance import media; media.decode(...)` imports cv2 or PIL at the first call, so that
naming `media` costs the web process nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.media.pictures.decode import decode as decode
    from appliance.media.pictures.fitting import as_mask as as_mask
    from appliance.media.pictures.fitting import blend as blend
    from appliance.media.pictures.fitting import resize as resize

_WHERE: dict[str, str] = {
    "as_mask": "pictures.fitting",
    "blend": "pictures.fitting",
    "resize": "pictures.fitting",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"media has no {name}")
    return getattr(import_module(f"appliance.media.{_WHERE[name]}"), name)
