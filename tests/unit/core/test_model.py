"""Models as values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from appliance.core.jobs import Lane
from appliance.core.model import Model, Source, WeightFile, lane_of

A = WeightFile("a.bin", 3, "a" * 64)
B = WeightFile("b/c.bin", 5, "b" * 64)
MODEL = Model(
    id="one",
    title="One",
    ability="image.upscaler",
    engine="upscaling.realesrgan",
    runtime="torch",
    layout="ncnn",
    folder=Path("/box/models/one"),
    files=(A, B),
    licence="MIT",
    commercial_use=True,
    memory_mb=1,
)


def test_only_torch_needs_the_heavy_lane():
    assert lane_of("torch") is Lane.HEAVY
    assert {lane_of("tflite"), lane_of("onnx")} == {Lane.LIGHT}
    assert MODEL.lane is Lane.HEAVY


def test_the_digest_ignores_the_order_of_files():
    assert replace(MODEL, files=(B, A)).digest == MODEL.digest


def test_the_digest_changes_with_a_weight_and_with_which_file_holds_it():
    swapped = (replace(A, sha256=B.sha256), replace(B, sha256=A.sha256))

    digests = {
        MODEL.digest,
        replace(MODEL, files=(A, replace(B, sha256="c" * 64))).digest,
        replace(MODEL, files=swapped).digest,
    }

    assert len(digests) == 3
    assert all(len(digest) == 64 for digest in digests)


def test_a_model_knows_its_size_and_where_its_files_lie():
    assert MODEL.bytes == 8
    assert MODEL.path("b/c.bin") == Path("/box/models/one/b/c.bin")


def test_weights_without_a_package_are_the_operators():
    assert Source().local
    assert not Source(package="a", version="1").local
