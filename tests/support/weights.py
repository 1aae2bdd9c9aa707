"""The real weights that `install.sh` puts under models/."""

from __future__ import annotations

from pathlib import Path

from appliance.adapters.manifests import Shelf, installed
from appliance.core.model import Model

MODELS = Path(__file__).parents[2] / "models"


def real_model(model_id: str) -> Model:
    """The shipped model of this id. A test that needs it fails where it is not installed."""
    model = Shelf(MODELS).find(model_id)
    assert model, f"models/{model_id}.toml is missing or wrong"
    assert installed(model), f"install it: .venv/bin/appliance models install {model_id}"
    return model
