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

_DENOISING: dict[str, _Schedule] = {
    "ddim": ("DDIMScheduler", {}),
    "ddpm": ("DDPMScheduler", {}),
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

    Each time it is made anew, so nothing is left of an earlier picture. Raises InvalidInput listing
    the names this model can use.
    """
    own = pipe.scheduler
    pipe.scheduler = _made(own, name)
    try:
        yield
    finally:
        pipe.scheduler = own


def check_scheduler(own: Any, name: str | None) -> None:
    """Raises InvalidInput listing the usable names if `name` is none of them."""
    if name in (None, DEFAULT):
        return
    choices = usable(own)
    if name not in choices:
        known = ", ".join([DEFAULT, *choices])
        raise InvalidInput(f"This model's schedulers: {known}.", field="scheduler")


def _made(own: Any, name: str | None) -> Any:
    check_scheduler(own, name)
    if name is None or name == DEFAULT:
        return type(own).from_config(own.config)
    kind, changes = usable(own)[name]
    return getattr(diffusers, kind).from_config(own.config, **changes)
