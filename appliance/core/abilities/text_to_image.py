"""Making pictures from words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from appliance.core.abilities.key import AbilityKey
from appliance.core.character import Character
from appliance.core.picture import Picture
from appliance.core.progress import Progress

if TYPE_CHECKING:
    from appliance.core.picture import Mask


@dataclass(frozen=True)
class Brief:
    """One picture to make.

    `width`, `height` in px, as asked for: the engine takes its nearest native size, and the caller
    enlarges. `steps`, `guidance`, `scheduler`: None for the model's own. With `start` the picture
    is made from that one, keeping less of it as `strength` goes from 0 to 1; `mask` (H×W float32
    in 0…1, of `start`'s size) limits the change to where it is 1. `character` shows at its weight:
    0 not at all, 1 as it was trained; its trigger words stand in the prompt.
    """

    prompt: str
    width: int
    height: int
    seed: int
    negative_prompt: str = ""
    steps: int | None = None
    guidance: float | None = None
    scheduler: str | None = None
    start: Picture | None = None
    strength: float = 0.6
    mask: Mask | None = None
    character: Character | None = None
    character_weight: float = 1.0

    @property
    def used(self) -> dict[str, Any]:
        """Of a settled brief: what is used besides its words, as a job's facts say it."""
        used = {"steps": self.steps, "guidance_scale": self.guidance, "scheduler": self.scheduler}
        facts: dict[str, Any] = {name: value for name, value in used.items() if value is not None}
        if self.character:
            facts["character"] = {
                "id": self.character.id,
                "weight": self.character_weight,
                "digest": self.character.digest,
            }
        return facts


class TextToImage(Protocol):
    """Makes pictures from words."""

    def settle(self, brief: Brief) -> Brief:
        """The brief as it will be carried out: native size, steps, guidance, what can be used.

        Raises what `generate` raises for a brief that cannot be carried out.
        """
        ...

    def generate(self, brief: Brief, progress: Progress) -> Picture:
        """One picture at the model's native size nearest to the brief's; RGB.

        The same brief on the same device gives the same pixels. Stops within one sampling step
        when `progress.check` raises, and stays usable.
        Raises: InvalidInput for a scheduler the model cannot use, img2img or inpainting on a model
        without it, or a character of another model; ProcessingFailed when memory does not suffice.
        """
        ...


TEXT_TO_IMAGE: AbilityKey[TextToImage] = AbilityKey(
    "image.text_to_image", "making pictures from words"
)
