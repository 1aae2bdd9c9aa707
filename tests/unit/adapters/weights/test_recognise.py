"""What weights are, told from real names of tensors."""

from __future__ import annotations

import pytest

from appliance.adapters.weights.headers import Header, read_header
from appliance.adapters.weights.recognise import Recognised, What, recognise
from tests.support.checkpoints import save_single_file
from tests.support.pipelines import tiny_flux, tiny_sd

_DOWN = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight"
SDXL_LORA = {_DOWN: (4, 2048), _DOWN.replace("down.w", "up.w"): (640, 4)}


def seen(shapes: dict[str, tuple[int, ...]]) -> Recognised:
    return recognise(Header(shapes, {}))


@pytest.mark.parametrize(
    ("shapes", "family"),
    [
        (SDXL_LORA, "sdxl"),
        ({_DOWN: (4, 768)}, "sd15"),
        ({"lora_te2_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": (4, 4)}, "sdxl"),
        ({"lora_unet_double_blocks_0_img_attn_proj.lora_down.weight": (4, 4)}, "flux"),
        ({"transformer.single_transformer_blocks.0.attn.to_k.lora_A.weight": (4, 4)}, "flux"),
        ({"diffusion_model.blocks.0.cross_attn.k.lora_down.weight": (4, 4)}, "wan"),
        ({"transformer_blocks.0.img_mlp.net.0.proj.lora_A.weight": (4, 4)}, "qwen-image"),
        ({"unet.mid_block.attentions.0.proj_in.lora_A.weight": (4, 4)}, ""),
    ],
)
def test_a_lora_is_known_with_its_family(shapes, family):
    assert seen(shapes) == Recognised(What.LORA, family)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("conditioner.embedders.1.model.ln_final.weight", "sdxl"),
        ("cond_stage_model.model.transformer.resblocks.0.ln_1.weight", "sd2"),
        ("cond_stage_model.transformer.text_model.final_layer_norm.weight", "sd15"),
    ],
)
def test_a_checkpoint_is_known_by_its_text_encoder(name, family):
    assert seen({name: (4,)}) == Recognised(What.CHECKPOINT, family)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("double_blocks.0.img_attn.proj.weight", "flux"),
        ("model.diffusion_model.double_blocks.0.img_attn.proj.weight", "flux"),
        ("double_stream_modulation_img.lin.weight", "flux2"),
        ("blocks.0.cross_attn.norm_k.weight", "wan"),
        ("first_stage_model.decoder.conv_in.weight", ""),
    ],
)
def test_a_part_of_a_model_is_no_whole_one(name, family):
    assert seen({name: (4,)}) == Recognised(What.PART, family)


def test_an_upscaler_and_anything_else():
    assert seen({"conv_first.weight": (4,)}).what is What.UPSCALER
    assert seen({"a": (1,)}).what is What.UNKNOWN


def test_a_real_checkpoint_and_a_real_transformer_are_known(tmp_path):
    save_single_file(tiny_sd(), tmp_path / "sd")
    tiny_flux().transformer.save_pretrained(tmp_path / "flux")

    old = recognise(read_header(tmp_path / "sd/model.safetensors"))
    flux = recognise(read_header(next((tmp_path / "flux").glob("*.safetensors"))))

    assert old == Recognised(What.CHECKPOINT, "sd15")
    assert flux == Recognised(What.PART, "flux")
