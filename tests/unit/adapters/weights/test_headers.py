"""Headers of .safetensors files, read without executing anything."""

from __future__ import annotations

import pickle

import pytest

from appliance.adapters.weights.headers import read_header
from appliance.core.errors import BrokenMedia, UnsupportedMedia
from tests.support.safetensors import write_header


def test_names_shapes_and_what_the_file_says_are_read(tmp_path):
    path = write_header(tmp_path / "a.safetensors", {"x": (2, 3), "y": ()}, {"ss_tag": "mira"})

    header = read_header(path)

    assert header.shapes == {"x": (2, 3), "y": ()}
    assert header.says == {"ss_tag": "mira"}


def test_a_pickle_is_refused_unopened_whatever_it_holds(tmp_path):
    (tmp_path / "a.pt").write_bytes(pickle.dumps({"a": 1}))

    with pytest.raises(UnsupportedMedia, match="is a pickle"):
        read_header(tmp_path / "a.pt")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"short",
        b"\xff" * 8 + b"{}",
        b"\x02" + b"\0" * 7 + b"[]",
        b"\x09" + b"\0" * 7 + b'{"a": {}}',
        b"\x08" + b"\0" * 7 + b'{"a": 1}',
        b"\x04" + b"\0" * 7 + b"\xff\xff\xff\xff",
    ],
)
def test_anything_else_under_the_name_is_refused(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)

    with pytest.raises(UnsupportedMedia, match=r"no \.safetensors"):
        read_header(tmp_path / "a.safetensors")


@pytest.mark.parametrize("change", [-1, 1])
def test_a_file_of_another_length_than_its_header_tells_is_refused(tmp_path, change):
    path = write_header(tmp_path / "a.safetensors", {"x": (8,)})
    data = path.read_bytes()
    path.write_bytes(data[:-1] if change < 0 else data + b"x")

    with pytest.raises(BrokenMedia, match="cut off"):
        read_header(path)
