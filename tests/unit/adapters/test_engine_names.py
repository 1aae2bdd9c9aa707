from __future__ import annotations

from appliance.adapters.engine_names import engine_names


def test_the_engines_are_told_from_their_files():
    assert {"diffusion.text_to_image", "matting.selfie", "upscaling.realesrgan"} <= {
        *engine_names()
    }
    assert "upscaling.tiles" not in engine_names()
