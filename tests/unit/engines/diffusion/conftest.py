"""The tiny pipelines, saved and loaded once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.model import Model, Native
from appliance.engines.diffusion.loading import load_pipeline
from appliance.engines.diffusion.text_to_image import PipelineTextToImage
from appliance.engines.registry import CPU
from tests.support.pipelines import SIDE, describe, save_pipeline, tiny_flux, tiny_sd, tiny_sdxl

BUILDERS = {"sd": tiny_sd, "sdxl": tiny_sdxl, "flux": tiny_flux}


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("pipelines")
    return {name: save_pipeline(build, root / name) for name, build in BUILDERS.items()}


@pytest.fixture(scope="session")
def models(folders) -> dict[str, Model]:
    native = Native(steps=4, sizes=((SIDE, SIDE), (96, SIDE)))
    return {name: describe(folder, native=native) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def engines(models) -> dict[str, PipelineTextToImage]:
    return {
        name: PipelineTextToImage(load_pipeline(model, CPU), model.native)
        for name, model in models.items()
    }


@pytest.fixture(params=BUILDERS)
def engine(request, engines) -> PipelineTextToImage:
    """Each of the three families in turn."""
    return engines[request.param]
