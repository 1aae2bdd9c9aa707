"""Written manifests read back."""

from __future__ import annotations

from dataclasses import replace

from appliance.adapters.manifest_draft import manifest_text, weigh
from appliance.adapters.manifest_file import read_manifest
from appliance.core.model import (
    HubSource,
    LocalSource,
    Model,
    Native,
    Package,
    PackageSource,
    Quality,
    UrlSource,
    WeightFile,
)

SHA = "5994471abb01112afcc18159f6cc74b4f511b99806da59b3caf5a9c173cacfc5"  # of 12345


def test_a_written_manifest_reads_back_as_the_same_model(tmp_path):
    model = Model(
        id="one",
        title='A "quoted" – title \x7f\\',
        ability="image.text_to_image",
        engine="diffusion.text_to_image",
        runtime="torch",
        layout="diffusers",
        folder=tmp_path / "one",
        files=(WeightFile("unet/a.safetensors", 5, SHA, ("pkg/a", "pkg/b")),),
        licence="MIT",
        licence_note="Asked the author.",
        commercial_use=False,
        memory_mb=4000,
        sources=(
            HubSource("ada/painter", "v2", ("*.json",)),
            PackageSource((Package("p", "1", SHA), Package("q", "2")), "3.11", "", 9, "note"),
            UrlSource("https://studio.local/w.zip", SHA, 9),
            LocalSource(tmp_path),
        ),
        quality=Quality.TURBO,
        family="sdxl",
        can=("text_to_image",),
        gated=True,
        starter=True,
        verified=True,
        memory={"float16": 3},
        disk_mb=2,
        native=Native(steps=4, guidance=0.0, sizes=((512, 768), (768, 512))),
        options={"fast": True, "share": 0.5},
    )
    for each in (model, replace(model, folder=tmp_path / "else", sources=())):
        (tmp_path / "one.toml").write_text(manifest_text(each), "utf-8")
        assert read_manifest(tmp_path / "one.toml") == each


def test_a_folder_is_weighed_without_hidden_files(tmp_path):
    (tmp_path / "unet").mkdir()
    (tmp_path / "unet" / "w.bin").write_bytes(b"12345")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "junk").write_bytes(b"1")

    assert weigh(tmp_path) == (WeightFile("unet/w.bin", 5, SHA),)
