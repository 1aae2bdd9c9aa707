"""Pictures, sound and video without weights, as plain functions, handed out lazily.

`from appliance import media; media.decode(...)` imports cv2 or PIL at the first call, so that
naming `media` costs the web process nothing. What the web process itself calls (`sniff`, `probe`,
`refuse_polyglot`, `describe`, `xmp_packet` and the tables) is pure Python.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from appliance.media.archives import Archive as Archive
    from appliance.media.archives import Room as Room
    from appliance.media.archives import is_archive as is_archive
    from appliance.media.archives import opened_archive as opened_archive
    from appliance.media.ffmpeg.commands import Span as Span
    from appliance.media.formats import READS as READS
    from appliance.media.formats import WRITES as WRITES
    from appliance.media.formats import Written as Written
    from appliance.media.headers import Sniffed as Sniffed
    from appliance.media.headers import probe as probe
    from appliance.media.headers import sniff as sniff
    from appliance.media.marketplaces.book import MARKETPLACES as MARKETPLACES
    from appliance.media.marketplaces.book import USUAL as USUAL
    from appliance.media.marketplaces.book import Marketplace as Marketplace
    from appliance.media.marketplaces.book import Preset as Preset
    from appliance.media.marketplaces.book import book as book
    from appliance.media.marketplaces.judging import Verdict as Verdict
    from appliance.media.marketplaces.judging import judge as judge
    from appliance.media.marketplaces.measuring import Measures as Measures
    from appliance.media.marketplaces.measuring import measure as measure
    from appliance.media.marketplaces.mending import Plan as Plan
    from appliance.media.marketplaces.mending import plan_for as plan_for
    from appliance.media.marketplaces.mending import room_for as room_for
    from appliance.media.marketplaces.origin import generated_as as generated_as
    from appliance.media.packing import pack as pack
    from appliance.media.packing import table as table
    from appliance.media.packing import unique_names as unique_names
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
    from appliance.media.pictures.within import encode_within as encode_within
    from appliance.media.polyglots import refuse_polyglot as refuse_polyglot
    from appliance.media.provenance import DESCRIBES as DESCRIBES
    from appliance.media.provenance import describe as describe
    from appliance.media.provenance import xmp_packet as xmp_packet
    from appliance.media.sets.composing import on_photo as on_photo
    from appliance.media.sets.composing import on_style as on_style
    from appliance.media.sets.composing import photo_shadow as photo_shadow
    from appliance.media.sets.names import SET_ANGLES as SET_ANGLES
    from appliance.media.sets.names import SET_BACKGROUNDS as SET_BACKGROUNDS
    from appliance.media.sets.names import SET_LIGHTINGS as SET_LIGHTINGS
    from appliance.media.sets.names import SET_STYLES as SET_STYLES
    from appliance.media.sets.relighting import Relighting as Relighting
    from appliance.media.sets.relighting import Relit as Relit
    from appliance.media.sets.relighting import relight as relight
    from appliance.media.sets.shadows import Cast as Cast
    from appliance.media.sets.shooting import Shot as Shot
    from appliance.media.sets.shooting import Taken as Taken
    from appliance.media.sets.shooting import contact_sheet as contact_sheet
    from appliance.media.sets.shooting import shoot as shoot
    from appliance.media.sets.stage import Light as Light
    from appliance.media.signing import SIGNS as SIGNS
    from appliance.media.signing import credentials as credentials
    from appliance.media.signing import sign as sign
    from appliance.media.sound.convert import convert_sound as convert_sound
    from appliance.media.sound.encoding import SoundWish as SoundWish
    from appliance.media.sound.formats import SOUND_WRITES as SOUND_WRITES
    from appliance.media.sound.formats import own_format as own_format
    from appliance.media.sound.loudness import LoudnessGoal as LoudnessGoal
    from appliance.media.sound.loudness import normalize_sound as normalize_sound
    from appliance.media.video.convert import convert_film as convert_film
    from appliance.media.video.convert import copy_piece as copy_piece
    from appliance.media.video.convert import trim_film as trim_film
    from appliance.media.video.encoding import VideoWish as VideoWish
    from appliance.media.video.formats import VIDEO_WRITES as VIDEO_WRITES
    from appliance.media.video.formats import own_video_format as own_video_format
    from appliance.media.video.gif import GifWish as GifWish
    from appliance.media.video.gif import make_gif as make_gif
    from appliance.media.video.spans import span_of as span_of
    from appliance.media.video.stills import moments as moments
    from appliance.media.video.stills import stills as stills

_WHERE: dict[str, tuple[str, ...]] = {
    "archives": ("Archive", "Room", "is_archive", "opened_archive"),
    "ffmpeg.commands": ("Span",),
    "formats": ("READS", "WRITES", "Written"),
    "headers": ("Sniffed", "probe", "sniff"),
    "packing": ("pack", "table", "unique_names"),
    "marketplaces.book": ("MARKETPLACES", "USUAL", "Marketplace", "Preset", "book"),
    "marketplaces.judging": ("Verdict", "judge"),
    "marketplaces.measuring": ("Measures", "measure"),
    "marketplaces.mending": ("Plan", "plan_for", "room_for"),
    "marketplaces.origin": ("generated_as",),
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
    "pictures.within": ("encode_within",),
    "polyglots": ("refuse_polyglot",),
    "provenance": ("DESCRIBES", "describe", "xmp_packet"),
    "signing": ("SIGNS", "credentials", "sign"),
    "sets.composing": ("on_photo", "on_style", "photo_shadow"),
    "sets.names": ("SET_ANGLES", "SET_BACKGROUNDS", "SET_LIGHTINGS", "SET_STYLES"),
    "sets.relighting": ("Relighting", "Relit", "relight"),
    "sets.shadows": ("Cast",),
    "sets.shooting": ("Shot", "Taken", "contact_sheet", "shoot"),
    "sets.stage": ("Light",),
    "sound.convert": ("convert_sound",),
    "sound.encoding": ("SoundWish",),
    "sound.formats": ("SOUND_WRITES", "own_format"),
    "sound.loudness": ("LoudnessGoal", "normalize_sound"),
    "video.convert": ("convert_film", "copy_piece", "trim_film"),
    "video.encoding": ("VideoWish",),
    "video.formats": ("VIDEO_WRITES", "own_video_format"),
    "video.gif": ("GifWish", "make_gif"),
    "video.spans": ("span_of",),
    "video.stills": ("moments", "stills"),
}
_MODULE_OF = {name: module for module, names in _WHERE.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"media has no {name}")
    return getattr(import_module(f"appliance.media.{_MODULE_OF[name]}"), name)
