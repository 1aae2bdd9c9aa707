"""Models as values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from appliance.core.jobs import Lane
from appliance.core.model import (
    HubSource,
    LocalSource,
    Model,
    Package,
    PackageSource,
    UrlSource,
    WeightFile,
    lane_of,
)

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


def test_a_size_is_estimated_until_the_files_are_known():
    assert replace(MODEL, files=(), disk_mb=7).bytes == 7_000_000


def test_memory_is_told_by_precision_where_it_is_known():
    model = replace(MODEL, memory={"bfloat16": 5})

    assert (model.memory_for("bfloat16"), model.memory_for("float32")) == (5, 1)


def test_every_source_says_what_it_is_in_a_word():
    sources = (
        HubSource("ada/painter"),
        PackageSource((Package("a", "1"), Package("b", "1"))),
        UrlSource("https://studio.local/w.bin"),
        LocalSource(Path("/disk")),
    )

    assert [each.says for each in sources] == [
        "hub:ada/painter",
        "package:a",
        "url:studio.local",
        "local:/disk",
    ]


def test_what_has_no_package_beside_files_that_have_one_came_with_the_appliance():
    packed = replace(B, inside=("wheel/c.bin",))

    assert replace(MODEL, files=(A, packed)).brought == (A,)
    assert MODEL.brought == ()
