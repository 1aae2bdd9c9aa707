"""What a file says of how it was made, read back with Pillow."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from appliance.core.errors import BrokenMedia
from appliance.media.provenance import DESCRIBES, FACTS_NAMESPACE, describe, xmp_packet
from tests.support.media import animation, colours, truncated, written

AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
FACTS = {"seed": "42", "model": "tiny-sdxl", "prompt": 'a <red> "apple" & 漢字'}
_IPTC = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def told(image: Image.Image) -> tuple[str | None, dict[str, str]]:
    """(source type, facts) of the XMP packet that Pillow finds."""
    packet = image.info.get("xmp") or image.info["XML:com.adobe.xmp"]
    text = packet.decode() if isinstance(packet, bytes) else packet
    description = ET.fromstring(text).find(f".//{_RDF}Description")
    facts = {each.tag.removeprefix(f"{{{FACTS_NAMESPACE}}}"): each.text for each in description}
    return description.get(f"{_IPTC}DigitalSourceType"), facts


@pytest.mark.parametrize("ending", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("alpha", [False, True])
def test_pillow_reads_the_source_type_and_facts_back_from_the_same_pixels(tmp_path, ending, alpha):
    pixels = colours(alpha=alpha and ending != "jpeg")
    path = written(tmp_path, ending, pixels)
    before = np.asarray(opened(path))

    describe(path, f"image/{ending}", FACTS, xmp_packet(AI, FACTS))

    with Image.open(path) as image:
        assert told(image) == (AI, FACTS)
        assert np.array_equal(np.asarray(image), before)


def test_a_png_carries_each_fact_as_text_and_its_pixels_byte_for_byte(tmp_path):
    path = written(tmp_path, "png")
    before = path.read_bytes()

    describe(path, "image/png", FACTS, None)

    assert opened(path).text == FACTS
    assert before[33:] in path.read_bytes()


def test_a_jpeg_carries_the_facts_as_a_comment_and_its_pixels_byte_for_byte(tmp_path):
    path = written(tmp_path, "jpeg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    before = path.read_bytes()

    describe(path, "image/jpeg", FACTS, xmp_packet(AI, FACTS))

    comment = opened(path).info["comment"].decode()
    assert comment.splitlines()[:2] == ["seed: 42", "model: tiny-sdxl"]
    assert path.read_bytes().endswith(before[before.index(b"\xff\xdb") :])


def test_a_lossless_webp_with_alpha_keeps_its_size_and_alpha(tmp_path):
    pixels = colours(31, 17, alpha=True)
    path = written(tmp_path, "webp", pixels, lossless=True, exact=True)

    describe(path, "image/webp", {}, xmp_packet(AI, {}))

    image = opened(path)
    assert told(image) == (AI, {})
    assert np.array_equal(np.asarray(image), pixels)


def test_an_animated_webp_stays_animated(tmp_path):
    path = animation(tmp_path, "webp")

    describe(path, "image/webp", {}, xmp_packet(AI, FACTS))

    with Image.open(path) as image:
        assert image.n_frames == 4
        assert told(image) == (AI, FACTS)


def test_describing_twice_leaves_one_packet_in_a_webp(tmp_path):
    path = written(tmp_path, "webp")
    describe(path, "image/webp", {}, xmp_packet(AI, {"seed": "1"}))
    describe(path, "image/webp", {}, xmp_packet(AI, {"seed": "2"}))

    assert path.read_bytes().count(b"xmpmeta xmlns") == 1
    assert told(opened(path)) == (AI, {"seed": "2"})


@pytest.mark.parametrize("mime", ["image/avif", "image/gif", "application/pdf"])
def test_other_kinds_stay_as_they_are(tmp_path, mime):
    path = tmp_path / "file"
    path.write_bytes(b"anything")

    describe(path, mime, FACTS, xmp_packet(AI, FACTS))

    assert mime not in DESCRIBES
    assert path.read_bytes() == b"anything"


def test_a_packet_without_a_source_type_says_none():
    assert "DigitalSourceType" not in xmp_packet(None, FACTS)


def test_characters_that_xml_has_no_place_for_are_left_out_and_long_texts_cut():
    packet = xmp_packet(AI, {"prompt": "a\x00b\x0bc\ufffe" + "d" * 9000})

    text = ET.fromstring(packet).find(f".//{{{FACTS_NAMESPACE}}}prompt").text
    assert text == "abc" + "d" * 7997


@pytest.mark.parametrize("name", ["", "a b", "1a", "a:b", "<x>"])
def test_a_fact_needs_a_proper_name(tmp_path, name):
    with pytest.raises(ValueError, match="name of a fact"):
        xmp_packet(AI, {name: "1"})
    with pytest.raises(ValueError, match="name of a fact"):
        describe(written(tmp_path, "png"), "image/png", {name: "1"}, None)


@pytest.mark.parametrize("ending", sorted(kind.removeprefix("image/") for kind in DESCRIBES))
def test_a_damaged_file_is_broken(tmp_path, ending):
    path = truncated(written(tmp_path, ending), 0.04)

    with pytest.raises(BrokenMedia):
        describe(path, f"image/{ending}", FACTS, xmp_packet(AI, FACTS))
