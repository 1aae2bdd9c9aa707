"""Puts a character's LoRA onto a pipeline for one picture, and takes it off again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from safetensors import SafetensorError

from appliance.core.character import Character
from appliance.core.errors import InvalidInput

_ADAPTER = "character"
# What the libraries raise for a file that holds no LoRA, or one of another model.
_UNFIT = (ValueError, KeyError, TypeError, SafetensorError)


@contextmanager
def worn(pipe: Any, character: Character | None, weight: float) -> Iterator[None]:
    """Inside, `pipe` draws the character at `weight`; afterwards it is as before, to the bit.

    Raises InvalidInput for a LoRA whose weights are not this model's, which diffusers would load
    without a word.
    """
    if character is None:
        yield
        return
    if not hasattr(pipe, "load_lora_weights"):
        raise InvalidInput("This model takes no characters.", field="character")
    try:
        _put_on(pipe, character)
        pipe.set_adapters([_ADAPTER], [weight])
        yield
    finally:
        pipe.unload_lora_weights()


def _put_on(pipe: Any, character: Character) -> None:
    try:
        pipe.load_lora_weights(
            str(character.folder),
            weight_name=character.file.name,
            adapter_name=_ADAPTER,
            local_files_only=True,
            use_safetensors=True,
        )
    except _UNFIT as error:
        raise _does_not_fit(character, str(error)) from error
    except RuntimeError as error:
        if "size mismatch" not in str(error):
            raise
        raise _does_not_fit(character, "its layers are of other sizes") from error
    except OSError as error:
        raise InvalidInput(
            f"The file of the character {character.id} cannot be read; install it again.",
            field=_ADAPTER,
        ) from error
    if not any(_ADAPTER in names for names in pipe.get_list_adapters().values()):
        raise _does_not_fit(character, "it names no layer of this model")


def _does_not_fit(character: Character, why: str) -> InvalidInput:
    return InvalidInput(
        f"The character {character.id} (for {character.base_model}) does not fit this model: "
        f"{why.splitlines()[0][:200]}.",
        field=_ADAPTER,
        details={"character": character.id, "base_model": character.base_model},
    )
