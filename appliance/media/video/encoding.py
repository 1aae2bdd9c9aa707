"""How a film is written: coder, size, rate, sound, as ffmpeg arguments. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.core.errors import InvalidInput
from appliance.media.ffmpeg.footage import Footage, SoundTrack, VideoTrack
from appliance.media.video.filters import fitted, picture_filters
from appliance.media.video.formats import CODERS, VIDEO_WRITES, Coder, VideoFormat

_SOUND = {"aac": "aac", "opus": "libopus"}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_KBPS = 64  # of a channel
_PAIRED = 2


@dataclass(frozen=True)
class VideoWish:
    """What a film should become; None: the usual, or as it is. `height` in pixels, as shown."""

    format: str
    codec: str | None = None
    height: int | None = None
    fps: float | None = None
    crf: int | None = None

    @property
    def written(self) -> VideoFormat:
        """Its container."""
        return VIDEO_WRITES[self.format]

    @property
    def coder(self) -> Coder:
        """How its pictures are coded. Raises InvalidInput for what the container does not take."""
        codec = self.codec or self.written.codecs[0]
        if codec not in self.written.codecs:
            raise InvalidInput(
                f"{self.format.upper()} holds {', '.join(self.written.codecs)}, not {codec}.",
                field="codec",
            )
        return CODERS[codec]


def film_arguments(wish: VideoWish, held: Footage, *, copy_sound: bool = True) -> list[str]:
    """The arguments from the chosen tracks to the encoders.

    `copy_sound`: sound that is coded as it should be stays as it is, byte for byte; not where a
    piece is cut out. Raises InvalidInput, TooLarge.
    """
    track, coder = held.the_video(), wish.coder
    if wish.crf is not None and wish.crf > coder.worst:
        raise InvalidInput(f"crf goes from 0 to {coder.worst} with this codec.", field="crf")
    size = fitted(track, height=wish.height)
    if min(size) < coder.least:
        raise InvalidInput(
            f"This codec takes pictures from {coder.least} pixels a side; these would be"
            f" {size[0]}×{size[1]}.",
            field="codec",
        )
    return [
        *("-map", f"0:{track.index}"),
        *("-vf", ",".join(picture_filters(track, size, fps=wish.fps))),
        *("-c:v", coder.encoder, "-crf", str(coder.crf if wish.crf is None else wish.crf)),
        *coder.how,
        *(coder.tag if wish.written.muxer in ("mp4", "mov") else ()),
        *_timing(wish, track),
        *sound_of_film(wish.written, held.sound, copy=copy_sound),
        *wish.written.how,
    ]


def _timing(wish: VideoWish, track: VideoTrack) -> list[str]:
    # Phones do not keep to one frame rate, and what they wrote is kept.
    return ["-fps_mode", "cfr" if wish.fps else "vfr"]


def sound_of_film(written: VideoFormat, sound: SoundTrack | None, *, copy: bool) -> list[str]:
    """The arguments for a film's sound; none without one."""
    if sound is None:
        return ["-an"]
    chosen = ["-map", f"0:{sound.index}"]
    if copy and sound.codec == written.sound:
        return [*chosen, "-c:a", "copy"]
    channels = 6 if sound.channels >= 6 else min(sound.channels, _PAIRED)
    return [
        *chosen,
        *("-af", f"aformat=channel_layouts={_LAYOUTS[channels]}"),
        *("-c:a", _SOUND[written.sound], "-b:a", f"{_KBPS * channels}k"),
        *("-ar", str(_rate(written, sound))),
    ]


def _rate(written: VideoFormat, sound: SoundTrack) -> int:
    return 48_000 if written.sound == "opus" or sound.rate > 48_000 else max(sound.rate, 8_000)


def film_warnings(held: Footage, *, again: bool = True) -> list[str]:
    """What was not done as one might expect. `again`: pictures were coded anew."""
    told = []
    if again and held.video and held.video.hdr:
        told.append("Its HDR colours were mapped to an ordinary screen's.")
    if held.sounds > 1:
        told.append(f"The film has {held.sounds} sound tracks; the first was taken.")
    if held.subtitles:
        told.append("Subtitle tracks were left out.")
    return told
