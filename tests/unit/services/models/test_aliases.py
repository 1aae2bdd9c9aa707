"""Foreign model names and where they point."""

from __future__ import annotations

import tomllib

import pytest

from appliance.adapters.config import CHECKOUT
from appliance.core.errors import InvalidInput
from appliance.services.models.aliases import Alias, aliases, change, listed
from tests.support.box import opened_box, put_model

# Every foreign model name of the contract, by medium.
FOREIGN = {
    "image": "realistic nano-banana-2 recraft-v3 dall-e-3 grok-imagine flux-2-dev flux-2-pro"
    " ideogram-v3 flux-kontext-max",
    "video": "veo-3.1 google-veo-3 kling-3 kling-3.0-pro kling-2.6-pro wan-2.6 seedance-2 sora-2"
    " dop-lite dop-preview dop-turbo",
    "voice": "kokoro elevenlabs-v3 fish-audio-s1",
    "avatar": "veed-fabric creatify-aurora kling-avatar-v2 omnihuman-1.5",
}


@pytest.fixture
def box(tmp_path):
    with opened_box(tmp_path, aliases__flux="oil") as fresh:
        put_model(fresh, "oil")
        put_model(fresh, "pencil")
        yield fresh


def test_every_foreign_name_of_the_contract_has_a_default_by_its_medium():
    configured = tomllib.loads((CHECKOUT / "config.toml").read_text("utf-8"))["aliases"]

    wanted = {name: f"default:{medium}" for medium, row in FOREIGN.items() for name in row.split()}
    assert configured == wanted


def test_an_admin_points_a_name_elsewhere_and_takes_it_back(box):
    change(box, {"flux": "pencil", "new": "default:image"})

    assert aliases(box)["flux"] == "pencil"
    assert Alias("flux", "pencil", "oil") in listed(box)
    assert Alias("new", "default:image", None) in listed(box)

    change(box, {"flux": None, "new": None})
    assert aliases(box)["flux"] == "oil"
    assert "new" not in aliases(box)


@pytest.mark.parametrize(
    "wanted",
    [
        {"flux": "nothing"},
        {"flux": "default:smell"},
        {"flux pro": "oil"},
        {"": "oil"},
        {"x" * 101: "oil"},
        {"pencil": "oil"},
    ],
)
def test_a_wrong_name_or_target_changes_nothing(box, wanted):
    with pytest.raises(InvalidInput) as refused:
        change(box, {"good": "oil", **wanted})

    assert refused.value.field == "aliases"
    assert "good" not in aliases(box)
