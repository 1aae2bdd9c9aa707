"""What is done to each picture of a film, as ffmpeg filters. Pure.

ffmpeg itself turns pictures upright before the first filter.
"""

from __future__ import annotations

from appliance.core.errors import TooLarge
from appliance.media.ffmpeg.footage import VideoTrack

_MOST_PIXELS = 8_847_360  # 4096 × 2160: of one picture that is made
_SDR = (
    "zscale=transfer=linear:npl=203",  # white as ITU-R BT.2408 has it
    "format=gbrpf32le",
    "zscale=primaries=bt709",
    "tonemap=tonemap=hable:desat=0",
    "zscale=transfer=bt709:matrix=bt709:range=tv",
)
_HD = 720  # lines, from which untagged colours are BT.709


def even(size: tuple[int, int]) -> tuple[int, int]:
    """The size with even sides, as colours at half the resolution need them; at least 2×2."""
    width, height = size
    return max(2, width - width % 2), max(2, height - height % 2)


def fitted(
    track: VideoTrack, *, width: int | None = None, height: int | None = None, odd: bool = False
) -> tuple[int, int]:
    """The shown size, or one side as given and the other in proportion; even, unless `odd`.

    Raises TooLarge for more than 4096 × 2160 pixels, or more than come if that is more.
    """
    shown_width, shown_height = track.shown
    size = shown_width, shown_height
    if width:
        size = width, max(1, round(shown_height * width / shown_width))
    elif height:
        size = max(1, round(shown_width * height / shown_height)), height
    made = size if odd else even(size)
    if made[0] * made[1] > max(_MOST_PIXELS, shown_width * shown_height):
        raise TooLarge(
            f"The result would be {made[0]}×{made[1]} pixels; at most 4096×2160 are made.",
            field="width" if width else "height",
            details={"width": made[0], "height": made[1], "limit_pixels": _MOST_PIXELS},
        )
    return made


def picture_filters(
    track: VideoTrack, size: tuple[int, int], *, fps: float | None = None, rgb: bool = False
) -> list[str]:
    """Full pictures, at most `fps` of them or as many as come, of `size`, in ordinary colours.

    `rgb`: for a picture format; else 8 bits with colours at half the resolution.
    """
    width, height = size
    upright = (track.height, track.width) if track.turned else (track.width, track.height)
    filters = ["bwdif=deint=interlaced"] if track.interlaced else []
    if fps:
        filters.append(f"fps={fps:g}")
    if size == even(upright) != upright:  # a row or a column goes; the others stay as they are
        filters.append(f"crop={width}:{height}:0:0")
    elif size != upright:
        filters.append(f"scale={width}:{height}:flags=bicubic{_colours(track, rgb=rgb)}")
    elif rgb and not track.hdr:
        filters.append(f"scale=flags=bicubic{_colours(track, rgb=rgb)}")
    filters.append("setsar=1")
    if track.hdr:
        filters += _SDR
    return [*filters, "format=rgb24" if rgb else "format=yuv420p"]


def _colours(track: VideoTrack, *, rgb: bool) -> str:
    untagged_hd = rgb and not track.matrix and min(track.width, track.height) >= _HD
    return ":in_color_matrix=bt709" if untagged_hd and not track.hdr else ""
