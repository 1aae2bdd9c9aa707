"""Weights out of a bundle, which another appliance made."""

from __future__ import annotations

from pathlib import Path

from appliance.adapters.bundle import BROKEN_OFF, Bundle, opened
from appliance.adapters.manifest_names import is_inside
from appliance.adapters.weights.faults import InstallFailed, WrongContent
from appliance.core.errors import InvalidInput
from appliance.core.model import LOCK, Model, WeightFile
from appliance.core.progress import Progress


def is_bundle(path: Path) -> bool:
    """Whether a file is a bundle, by how it begins."""
    try:
        with opened(path):
            return True
    except InvalidInput:
        return False


def from_bundle(
    path: Path, model: Model, folder: Path, progress: Progress
) -> tuple[WeightFile, ...]:
    """Copy a model's files, and their lock, from the bundle `path` into `folder`; what they are.

    Raises InstallFailed, WrongContent.
    """
    try:
        with opened(path) as bundle:
            wanted = _wanted(bundle, model, path.name)
            for each in bundle.members(progress, wanted):
                each.copy(folder / wanted[each.name])
    except BROKEN_OFF as error:
        raise InstallFailed(f"{path} breaks off or is damaged: {error}.") from error
    return model.files or tuple(
        WeightFile(name, (folder / name).stat().st_size, bundle.sums[full])
        for full, name in wanted.items()
        if name != LOCK
    )


def _wanted(bundle: Bundle, model: Model, where: str) -> dict[str, str]:
    """Names in the model's folder by names in the bundle."""
    prefix = f"models/{model.id}/"
    found = {full: full.removeprefix(prefix) for full in bundle.sums if full.startswith(prefix)}
    if not found:
        raise InstallFailed(f"{where} does not hold {model.id}.")
    if not all(name == LOCK or is_inside(name) for name in found.values()):
        raise InstallFailed(f"{where} names files of {model.id} outside its folder.")
    other = [f.name for f in model.files if bundle.sums.get(prefix + f.name) != f.sha256]
    if other:
        raise WrongContent(
            f"{where} holds another version of {model.id} than this appliance knows: {other[0]}."
        )
    return found
