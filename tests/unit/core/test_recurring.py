from __future__ import annotations

from dataclasses import dataclass

import pytest

from appliance.core.errors import InvalidInput
from appliance.core.params import fields_of, read
from appliance.core.recurring import Filename, KeptFormat, LossyQuality


@dataclass(frozen=True)
class Params:
    """All of them."""

    output_format: KeptFormat = None
    quality: LossyQuality = None
    filename: Filename = None


FIELDS = fields_of(Params)


def test_what_is_not_said_is_as_it_came():
    assert read(FIELDS, {}) == {"output_format": None, "quality": None, "filename": None}


@pytest.mark.parametrize(
    ("name", "given"),
    [("output_format", "pdf"), ("quality", 0), ("quality", 101), ("filename", "a" * 201)],
)
def test_what_cannot_be_is_refused_by_name(name, given):
    with pytest.raises(InvalidInput) as refused:
        read(FIELDS, {name: given})

    assert refused.value.field == name
