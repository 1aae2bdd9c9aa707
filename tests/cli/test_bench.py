from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from appliance.cli.bench.load import Load
from appliance.cli.main import main


@pytest.mark.slow
def test_the_api_is_measured_beside_a_bare_route():
    ran = CliRunner().invoke(main, ["bench", "api", "--rounds", "1", "--replies", "200", "--json"])

    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.output)
    assert found["clients"] == 16
    assert 0 < found["submit_of_bare"] < found["poll_of_bare"] < 1.5
    assert found["bare_per_s"] > found["submit_per_s"] > 0


def test_a_load_tells_rate_middle_and_tail():
    load = Load(2.0, tuple(n / 1000 for n in range(1, 101)))

    assert (load.rate, load.median_ms, load.p99_ms) == (50.0, 50.5, 100.0)


@pytest.mark.slow
def test_sound_and_video_tools_are_measured_beside_ffmpeg():
    ran = CliRunner().invoke(main, ["bench", "films", "--rounds", "1", "--json"])

    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.output)
    assert len(found) == 6
    assert all(ratio > 0 for ratio in found.values())


@pytest.mark.slow
def test_picture_tools_are_measured_beside_pillow():
    ran = CliRunner().invoke(main, ["bench", "pictures", "--rounds", "1", "--json"])

    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.output)
    assert len(found) == 9
    assert all(ratio > 0 for ratio in found.values())


@pytest.mark.slow
def test_product_photos_are_measured_beside_plain_libraries():
    ran = CliRunner().invoke(main, ["bench", "product", "--rounds", "1", "--json"])

    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.output)
    assert {name.partition(" ")[0] for name in found} == {"process", "convert", "compliance"}
    assert all(ratio > 0 for ratio in found.values())
