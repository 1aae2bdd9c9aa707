"""Sampling schedules by the names people know them by, as far as a model can use them.

A model trained by denoising takes any schedule of that family, a flow model those of the other: the
two measure noise differently, so a schedule of the wrong family gives noise and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import diffusers
from diffusers.schedulers.scheduling_utils import KarrasDiffusionSchedulers

from appliance.core.errors import InvalidInput

_Schedule = tuple[str, dict[str, Any]]

# These two clip to −1…1 unless told not to, which is right for pixels and ruins latents.
_LATENT: dict[str, Any] = {"clip_sample": False}
_DENOISING: dict[str, _Schedule] = {
    "ddim": ("DDIMScheduler", _LATENT | {"set_alpha_to_one": False}),
    "ddpm": ("DDPMScheduler", _LATENT),
    "deis": ("DEISMultistepScheduler", {}),
    "dpmpp_2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++"}),
    "dpmpp_2m_karras": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True},
    ),
    "dpmpp_2m_sde": ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++"}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_a": ("EulerAncestralDiscreteScheduler", {}),
    "euler_karras": ("EulerDiscreteScheduler", {"use_karras_sigmas": True}),
    "heun": ("HeunDiscreteScheduler", {}),
    "lcm": ("LCMScheduler", {}),
    "pndm": ("PNDMScheduler", {}),
    "unipc": ("UniPCMultistepScheduler", {}),
}
_FLOW: dict[str, _Schedule] = {
    "flow_match_euler": ("FlowMatchEulerDiscreteScheduler", {}),
    "flow_match_lcm": ("FlowMatchLCMScheduler", {}),
}
DEFAULT = "default"
_MOST_STEPS = {"lcm": 50}  # of its own schedule, which skips through 50


def usable(own: Any) -> dict[str, _Schedule]:
    """The schedules that a pipeline whose own scheduler is `own` can use, by name."""
    kind = type(own).__name__
    if kind in {name for name, _changes in _FLOW.values()}:
        return _FLOW
    # DPM-Solver and UniPC can be set to flow models too, which then take no other.
    flows = own.config.get("prediction_type") == "flow_prediction"
    return _DENOISING if kind in _denoising_kinds() and not flows else {}


def _denoising_kinds() -> set[str]:
    ours = {name for name, _changes in _DENOISING.values()}
    return ours | {each.name for each in KarrasDiffusionSchedulers}


@contextmanager
def scheduled(pipe: Any, name: str | None) -> Iterator[None]:
    """Inside, `pipe` samples by the schedule of this name (None: its own); then by its own again.

    `name` was checked. Each time it is made anew, so nothing is left of an earlier picture.
    """
    own = pipe.scheduler
    pipe.scheduler = _made(own, name)
    try:
        yield
    finally:
        pipe.scheduler = own


def check_scheduler(own: Any, name: str | None, steps: int) -> None:
    """Raises InvalidInput for a name this model cannot use (listing others) or too many steps."""
    if name is None or name == DEFAULT:
        return
    choices = usable(own)
    if name not in choices:
        known = ", ".join([DEFAULT, *choices])
        raise InvalidInput(f"This model's schedulers: {known}.", field="scheduler")
    if steps > _MOST_STEPS.get(name, steps):
        raise InvalidInput(f"{name} takes at most {_MOST_STEPS[name]} steps.", field="steps")


def _made(own: Any, name: str | None) -> Any:
    if name is None or name == DEFAULT:
        return type(own).from_config(own.config)
    kind, changes = usable(own)[name]
    return getattr(diffusers, kind).from_config(own.config, **changes)
