"""Files of several pictures: frames of an animation, pages of a document."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from appliance.media.formats import SVG
from appliance.media.pictures.opening import guarded, opened, picture_mime

_NO_LIMIT = 2**62
_MOVING = frozenset({"image/gif", "image/webp", "image/avif", "image/png"})
# Icons hold one picture in several sizes, photos of phones a preview or a map of brightness.
_ONE = frozenset({"image/x-icon", "image/jpeg"})


def count_frames(image: Image.Image, mime: str) -> int:
    """How many pictures an opened file of this kind holds. Raises BrokenMedia."""
    with guarded(_NO_LIMIT):
        return 1 if mime in _ONE else int(getattr(image, "n_frames", 1))


def is_animation(image: Image.Image, mime: str) -> bool:
    """Whether an opened file of this kind moves."""
    return mime in _MOVING and count_frames(image, mime) > 1


def about_frames(frames: int, mime: str, who: str) -> tuple[str, ...]:
    """A warning where `who` got the first of several pictures only, else nothing."""
    if frames <= 1:
        return ()
    what = "frames" if mime in _MOVING else "pages"
    return (f"The file has {frames} {what}; {who} got the first of them.",)


def first_only(path: Path) -> tuple[str, ...]:
    """The same for a file of which only the first picture is worked on. Raises BrokenMedia,
    UnsupportedMedia.
    """
    mime = picture_mime(path)
    if mime == SVG:
        return ()
    with opened(path, mime, limit_px=_NO_LIMIT) as image:
        return about_frames(count_frames(image, mime), mime, "the result")
