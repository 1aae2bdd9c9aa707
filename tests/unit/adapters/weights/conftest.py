from __future__ import annotations

from pathlib import Path

import pytest

from appliance.adapters.weights.placing import Placing
from appliance.adapters.weights.reach import Reach
from appliance.core.model import HubSource, Model
from appliance.core.progress import Progress, Step
from tests.support.hub import Hub, running_hub

LARGE = bytes(range(256)) * 4096  # 1 MB
FILES = {
    "model_index.json": b'{"_class_name": "StableDiffusionPipeline"}',
    "unet/config.json": b"{}",
    "unet/weights.safetensors": LARGE,
    "vae/weights.safetensors": LARGE[::-1],
    "README.md": b"read me",
    ".gitattributes": b"*",
}
PATTERNS = ("*.json", "*.safetensors")
TAKEN = {name for name in FILES if name.endswith(("json", "safetensors"))}


@pytest.fixture
def hub():
    with running_hub(Hub({"ada/painter": dict(FILES)})) as running:
        yield running


@pytest.fixture
def models(tmp_path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def reach(hub) -> Reach:
    return Reach(hub.url, timeout_s=20, pause_s=0.01)


@pytest.fixture
def model(models) -> Model:
    return Model(
        id="one",
        title="One",
        ability="image.text_to_image",
        engine="",
        runtime="torch",
        layout="diffusers",
        folder=models / "one",
        files=(),
        licence="MIT",
        commercial_use=True,
        memory_mb=1,
        sources=(HubSource("ada/painter", "main", PATTERNS),),
    )


class Told:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.progress = Progress(self.steps.append, lambda: None)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def install(models, reach, told):
    """Install a model, with what differs from the usual."""

    def installing(model: Model, *, by: Reach | None = None, given: Path | None = None) -> None:
        Placing(model, models, by or reach, told.progress).run(given)

    return installing
