"""Pictures, sound and video without weights, as plain functions, handed out lazily.

`from appliance import media; media.decode(...)` imports cv2 or PIL at the first call, so that
naming `media` costs the web process nothing. What the web process itself calls (`sniff`, `probe`,
`refuse_polyglot`, `describe`, `xmp_packet` and the tables) is pure Python.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.media.formats import READS as READS
    from appliance.media.formats import WRITES as WRITES
    from appliance.media.formats import Written as Written
    from appliance.media.headers import Sniffed as Sniffed
    from appliance.media.headers import probe as probe
    from appliance.media.headers import sniff as sniff
    from appliance.media.pictures.collage import Collage as Collage
    from appliance.media.pictures.collage import collage as collage
    from appliance.media.pictures.compress import Compressed as Compressed
    from appliance.media.pictures.compress import Goal as Goal
    from appliance.media.pictures.compress import compress as compress
    from appliance.media.pictures.convert import Converted as Converted
    from appliance.media.pictures.convert import Limits as Limits
    from appliance.media.pictures.convert import Wish as Wish
    from appliance.media.pictures.convert import convert as convert
    from appliance.media.pictures.crop import Cut as Cut
    from appliance.media.pictures.crop import crop as crop
    from appliance.media.pictures.cutout import Cutout as Cutout
    from appliance.media.pictures.cutout import cut_out as cut_out
    from appliance.media.pictures.decode import decode as decode
    from appliance.media.pictures.doubts import doubts as doubts
    from appliance.media.pictures.encode import encode as encode
    from appliance.media.pictures.fitting import as_mask as as_mask
    from appliance.media.pictures.fitting import blend as blend
    from appliance.media.pictures.fitting import resize as resize
    from appliance.media.pictures.frame import Box as Box
    from appliance.media.pictures.frame import Framed as Framed
    from appliance.media.pictures.frame import Framing as Framing
    from appliance.media.pictures.frame import frame as frame
    from appliance.media.pictures.frames import first_only as first_only
    from appliance.media.pictures.grounded import grounded as grounded
    from appliance.media.pictures.labelling import label as label
    from appliance.media.pictures.labels import Labels as Labels
    from appliance.media.pictures.lettering import lettering as lettering
    from appliance.media.pictures.metadata import read_metadata as read_metadata
    from appliance.media.pictures.qr import QrCode as QrCode
    from appliance.media.pictures.qr import qr as qr
    from appliance.media.pictures.qr_drawing import QrLook as QrLook
    from appliance.media.pictures.same_format import same_format as same_format
    from appliance.media.pictures.stripping import strip as strip
    from appliance.media.pictures.thumbnail import preview_jpeg as preview_jpeg
    from appliance.media.pictures.watermark import Mark as Mark
    from appliance.media.pictures.watermark import watermark as watermark
    from appliance.media.polyglots import refuse_polyglot as refuse_polyglot
    from appliance.media.provenance import DESCRIBES as DESCRIBES
    from appliance.media.provenance import describe as describe
    from appliance.media.provenance import xmp_packet as xmp_packet

_WHERE: dict[str, tuple[str, ...]] = {
    "formats": ("READS", "WRITES", "Written"),
    "headers": ("Sniffed", "probe", "sniff"),
    "pictures.collage": ("Collage", "collage"),
    "pictures.compress": ("Compressed", "Goal", "compress"),
    "pictures.convert": ("Converted", "Limits", "Wish", "convert"),
    "pictures.crop": ("Cut", "crop"),
    "pictures.cutout": ("Cutout", "cut_out"),
    "pictures.decode": ("decode",),
    "pictures.doubts": ("doubts",),
    "pictures.encode": ("encode",),
    "pictures.fitting": ("as_mask", "blend", "resize"),
    "pictures.frame": ("Box", "Framed", "Framing", "frame"),
    "pictures.frames": ("first_only",),
    "pictures.grounded": ("grounded",),
    "pictures.labelling": ("label",),
    "pictures.labels": ("Labels",),
    "pictures.lettering": ("lettering",),
    "pictures.metadata": ("read_metadata",),
    "pictures.qr": ("QrCode", "qr"),
    "pictures.qr_drawing": ("QrLook",),
    "pictures.same_format": ("same_format",),
    "pictures.stripping": ("strip",),
    "pictures.thumbnail": ("preview_jpeg",),
    "pictures.watermark": ("Mark", "watermark"),
    "polyglots": ("refuse_polyglot",),
    "provenance": ("DESCRIBES", "describe", "xmp_packet"),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"media has no {name}")
    return getattr(import_module(f"appliance.media.{_MODULE_OF[name]}"), name)
