"""Loads diffusers pipelines from a folder of the box: no hub, no pickles, no foreign code."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from diffusers.loaders.single_file_utils import SingleFileComponentError
from safetensors import SafetensorError

from appliance.core.errors import ProcessingFailed
from appliance.core.model import Model
from appliance.engines.registry import Device

# What the libraries raise for a folder that is incomplete, damaged or of another library's making.
_UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    ImportError,
    SafetensorError,
    SingleFileComponentError,
)
_PICKLES = {".bin", ".ckpt", ".pt", ".pth", ".pkl"}  # opening one may run whatever is inside


def load_pipeline(model: Model, device: Device) -> Any:
    """The pipeline of a model folder on its device, in the device's precision.

    Layouts: `diffusers`, a folder with a model_index.json; `single_file`, one .safetensors beside
    `config/`, its family's diffusers folder without weights but of what the file lacks. Raises
    ProcessingFailed.
    """
    single = model.layout == "single_file"
    dtype = getattr(torch, device.dtype)
    with quiet():
        kind = _kind(model.folder / "config" if single else model.folder, model)
        try:
            pipe = _from_file(kind, model, dtype) if single else _from_folder(kind, model, dtype)
        except _UNREADABLE as error:
            raise _unusable(model, str(error)) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(device.name)


def _from_folder(kind: Any, model: Model, dtype: torch.dtype) -> Any:
    return kind.from_pretrained(
        model.folder, local_files_only=True, use_safetensors=True, dtype=dtype
    )


def _from_file(kind: Any, model: Model, dtype: torch.dtype) -> Any:
    config = model.folder / "config"
    for each in config.rglob("*"):
        if each.suffix in _PICKLES:
            raise _unusable(model, f"{each} is no .safetensors file")
    # Without a local config from_single_file asks the hub, whatever local_files_only says.
    return kind.from_single_file(
        str(_checkpoint(model)),
        config=str(config),
        local_files_only=True,
        dtype=dtype,
    )


def _checkpoint(model: Model) -> Path:
    found = [each.name for each in model.files if "/" not in each.name]
    found = [name for name in found if name.endswith(".safetensors")]
    if len(found) != 1:
        raise _unusable(model, f"a single-file model has one .safetensors file, not {len(found)}")
    return model.path(found[0])


def _kind(folder: Path, model: Model) -> Any:
    """The pipeline class that a folder's model_index.json names."""
    index = folder / "model_index.json"
    # Looked at here because diffusers takes a path that does not exist for a name on the hub.
    if not index.is_file():
        raise _unusable(model, f"{index} is missing")
    try:
        name = json.loads(index.read_text("utf-8"))["_class_name"]
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable(model, f"{index} names no pipeline") from error
    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if kind is None or "prompt" not in inspect.signature(kind.__call__).parameters:
        raise _unusable(model, f"{name} is no text-to-image pipeline of diffusers")
    return kind


def _unusable(model: Model, why: str) -> ProcessingFailed:
    return ProcessingFailed(f"{model.id} cannot be loaded: {why.splitlines()[0][:300]}")


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, the libraries keep their progress bars, hints and deprecations to themselves."""
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield
