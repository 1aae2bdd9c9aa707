"""From the graphics card to the build of torch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.install.script import fake, sourced

CHOOSE = 'CHOICE=auto; choose_target; echo "target $TARGET"'


@pytest.mark.parametrize(
    ("driver", "capability", "build"),
    [
        ("580.65.06", "9.0", "cu130"),
        ("595.45.04", "12.0", "cu130"),
        ("1000.10", "8.6", "cu130"),
        ("580.65.05", "9.0", "cu126"),
        ("525.60.13", "8.9", "cu126"),
        ("580.95.05", "6.1", "cu126"),
        ("580.95.05", "7.5", "cu130"),
        ("525.60.12", "8.0", ""),
        ("575.64.03", "12.0", ""),
        ("580.95.05", "3.7", ""),
    ],
)
def test_the_build_follows_driver_and_card(driver: str, capability: str, build: str) -> None:
    assert sourced(f"cuda_build_for {driver} {capability}").stdout.strip() == build


def test_the_best_of_two_cards_decides(tmp_path: Path) -> None:
    fake(
        tmp_path,
        "nvidia-smi",
        "echo '580.82.07, 6.1, NVIDIA TITAN Xp'; echo '580.82.07, 10.0, NVIDIA B200'",
    )

    answer = sourced(CHOOSE, path=tmp_path)

    assert "GPU NVIDIA B200, driver 580.82.07: CUDA build cu130" in answer.stdout
    assert "target cu130" in answer.stdout


def test_a_driver_that_is_too_old_is_an_error_that_says_what_is_needed(tmp_path: Path) -> None:
    fake(tmp_path, "nvidia-smi", "echo '470.256.02, 8.6, NVIDIA RTX A4000'")

    answer = sourced(CHOOSE + '; echo "$HINT"', path=tmp_path)

    assert answer.returncode == 1
    assert "RTX A4000 (compute capability 8.6) with driver 470.256.02" in answer.stderr
    assert "525.60.13" in answer.stderr


def test_a_card_whose_driver_does_not_answer_is_an_error_in_the_drivers_words() -> None:
    answer = sourced("nvidia_card_on_bus() { true; }; without_driver 'version mismatch'")

    assert answer.returncode == 1
    assert "version mismatch" in answer.stderr


def test_a_machine_without_a_card_takes_the_cpu(tmp_path: Path) -> None:
    fake(tmp_path, "nvidia-smi", "echo 'No devices were found'; exit 6")

    answer = sourced("nvidia_card_on_bus() { false; }; " + CHOOSE, path=tmp_path)

    assert "target cpu" in answer.stdout
    assert "No devices were found" in answer.stdout


def test_asking_for_the_cpu_does_not_even_look(tmp_path: Path) -> None:
    fake(tmp_path, "nvidia-smi", f"touch {tmp_path}/asked")

    assert "target cpu" in sourced(CHOOSE.replace("auto", "cpu"), path=tmp_path).stdout
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("vendor", "kind", "found"),
    [("0x10de", "0x030200", 0), ("0x10de", "0x040300", 1), ("0x1002", "0x030000", 1)],
)
def test_the_bus_tells_a_card_from_its_sound_chip(
    tmp_path: Path, vendor: str, kind: str, found: int
) -> None:
    device = tmp_path / "0000:01:00.0"
    device.mkdir()
    (device / "vendor").write_text(f"{vendor}\n")
    (device / "class").write_text(f"{kind}\n")

    assert sourced(f"nvidia_card_on_bus '{tmp_path}'").returncode == found
