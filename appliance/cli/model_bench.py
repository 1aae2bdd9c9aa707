"""Measuring a model on this machine: one load, one run to warm up, one that counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from appliance.core.abilities.text_to_image import TEXT_TO_IMAGE, Brief
from appliance.core.abilities.upscaler import UPSCALER
from appliance.core.errors import InvalidInput, ModelNotInstalled
from appliance.core.progress import silent_progress
from appliance.services.box import Box
from appliance.services.models.listing import offer

_SIDE_PX = 256
_PROMPT = "a red mug on a wooden table"


def measure(box: Box, model_id: str) -> dict[str, Any]:
    """Seconds and megabytes of a model. Raises NotFound, ModelNotInstalled, InvalidInput."""
    from appliance.engines import registry
    from appliance.engines.opening import open_pool

    found = offer(box, model_id)
    if not found.runs:
        raise InvalidInput(f"{model_id} has no engine yet, so there is nothing to measure.")
    if not found.installed:
        raise ModelNotInstalled(f"Install it first: appliance models install {model_id}.")
    key = registry.engine(found.model.engine).ability
    pool = open_pool(box.settings.worker.model_memory_mb)
    run = _RUNS.get(key.name)
    offered = pool.get(found.model, key)
    seconds = [_seconds(run, offered) for _again in range(2)] if run else []
    (loaded,) = pool.loaded()
    return {
        "model": model_id,
        "device": pool.device.name,
        "load_s": round(loaded.load_s, 2),
        "first_run_s": round(seconds[0], 2) if run else None,
        "run_s": round(seconds[1], 2) if run else None,
        "ran": _RAN.get(key.name, "loaded only: no standard run for its ability"),
        "loaded_mb": loaded.size_mb,
        "peak_mb": loaded.peak_mb,
    }


def _seconds(run: Callable[[Any], None], offered: Any) -> float:
    started = time.monotonic()
    run(offered)
    return time.monotonic() - started


def _upscale(upscaler: Any) -> None:
    upscaler.upscale(_grey(), factor=4, progress=silent_progress())


def _generate(painter: Any) -> None:
    brief = painter.settle(Brief(_PROMPT, 1024, 1024, seed=1))
    painter.generate(brief, silent_progress())


def _mask(masker: Any) -> None:
    masker.mask(_grey())


def _grey() -> Any:
    import numpy as np

    from appliance.core.picture import Picture

    return Picture(np.full((_SIDE_PX, _SIDE_PX, 3), 128, np.uint8))


_RUNS: dict[str, Callable[[Any], None]] = {
    UPSCALER.name: _upscale,
    TEXT_TO_IMAGE.name: _generate,
    "image.person_mask": _mask,
}
_RAN = {
    UPSCALER.name: f"{_SIDE_PX}×{_SIDE_PX} px enlarged 4 times",
    TEXT_TO_IMAGE.name: "one picture at its native size, its own steps",
    "image.person_mask": f"one {_SIDE_PX}×{_SIDE_PX} px picture",
}
