"""Drawing SVG."""

from __future__ import annotations

import base64

import pytest
from PIL import Image

from appliance.core.errors import BrokenMedia, TooLarge, UnsupportedMedia
from appliance.media.pictures.vector import draw_svg, drawing_size
from tests.support.media import png_bomb, svg, written

RED = '<rect width="20" height="20" fill="#ff0000"/>'


@pytest.fixture
def drawn(tmp_path):
    def draw(text: str, **how):
        path = tmp_path / "drawing.svg"
        path.write_text(text, "utf-8")
        return draw_svg(path, **{"limit_px": 1_000_000} | how)

    return draw


def test_a_drawing_is_as_large_as_its_root_tag_says(drawn):
    picture = drawn(svg(RED))

    assert picture.pixels.shape == (20, 20, 4)
    assert (picture.pixels == (255, 0, 0, 255)).all()


def test_a_drawing_is_sharp_at_any_size(drawn):
    picture = drawn(svg('<rect width="10" height="20" fill="#ff0000"/>'), box=(400, 300))

    assert picture.pixels.shape == (300, 300, 4)
    assert set(map(tuple, picture.pixels[:, :].reshape(-1, 4))) == {(255, 0, 0, 255), (0, 0, 0, 0)}


def test_half_transparent_colours_are_straight(drawn):
    picture = drawn(svg('<rect width="20" height="20" fill="#ff0000" opacity="0.5"/>'))

    assert tuple(picture.pixels[9, 9]) == (255, 0, 0, 128)


@pytest.mark.parametrize("name", ["href", "xlink:href"])
@pytest.mark.parametrize("before", ["", "file://", " ", "&#47;.."])
def test_no_file_of_the_box_is_drawn(drawn, tmp_path, name, before):
    secret = tmp_path / "secret.png"
    Image.new("RGB", (20, 20), (255, 0, 0)).save(secret)

    picture = drawn(svg(f'<image width="20" height="20" {name}="{before}{secret}"/>'))

    assert not picture.pixels.any()


def test_a_file_beside_the_drawing_is_not_drawn_either(drawn, tmp_path, monkeypatch):
    Image.new("RGB", (20, 20), (255, 0, 0)).save(tmp_path / "secret.png")
    monkeypatch.chdir(tmp_path)

    assert not drawn(svg('<image width="20" height="20" href="secret.png"/>')).pixels.any()


def embedded(path, kind="png") -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return svg(f'<image width="20" height="20" href="data:image/{kind};base64,{data}"/>')


def test_an_embedded_picture_is_drawn(drawn, tmp_path):
    Image.new("RGB", (8, 8), (0, 255, 0)).save(tmp_path / "inner.png")

    assert tuple(drawn(embedded(tmp_path / "inner.png")).pixels[10, 10]) == (0, 255, 0, 255)


def test_an_embedded_bomb_is_too_large(drawn, tmp_path):
    with pytest.raises(TooLarge):
        drawn(embedded(png_bomb(tmp_path, 2_000)))


def test_an_embedded_drawing_is_left_out(drawn, tmp_path):
    inner = written(tmp_path, "svg").rename(tmp_path / "inner.svg")

    assert not drawn(embedded(inner, "svg+xml")).pixels.any()


def test_parts_of_the_drawing_itself_are_used(drawn):
    body = f'<defs><g id="a">{RED}</g></defs><use xlink:href="#a"/>'

    assert drawn(svg(body)).pixels[..., 0].min() == 255


@pytest.mark.parametrize("size", ['width="100000" height="100000"', 'viewBox="0 0 3000 3000"'])
def test_a_large_drawing_is_refused_before_it_is_drawn(drawn, size):
    with pytest.raises(TooLarge):
        drawn(svg(RED, size))


def test_a_drawing_without_a_size_is_fitted_into_a_box_of_ours(drawn, tmp_path):
    picture = drawn(svg('<rect width="99999999" height="10"/>', ""), limit_px=2_000_000)

    assert max(picture.pixels.shape[:2]) <= 1024
    assert drawing_size(tmp_path / "drawing.svg") == (1024, 1024)


def test_elements_nested_too_deep_are_refused(drawn):
    with pytest.raises(TooLarge, match="nested"):
        drawn(svg("<g>" * 5_000 + "</g>" * 5_000))


def test_entities_are_refused(drawn):
    with pytest.raises(UnsupportedMedia, match="document type"):
        drawn('<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + svg("<text>&a;</text>"))


@pytest.mark.parametrize("text", [svg(RED)[:-9], svg("<a></b>"), svg("&undeclared;")])
def test_damaged_xml_is_broken(drawn, text):
    with pytest.raises(BrokenMedia, match="well-formed"):
        drawn(text)


def test_text_is_drawn_where_the_box_has_fonts_and_never_an_error(drawn):
    assert drawn(svg('<text y="15">hello</text>')).pixels.shape == (20, 20, 4)
