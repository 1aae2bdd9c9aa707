"""README keeps its promises: the worked example runs, and every command is there."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from appliance.cli.main import main
from appliance.core.files import Kind, Upload
from appliance.core.picture import Picture
from tests.install.script import ROOT

README = (ROOT / "README.md").read_text()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The worked example as a module."""
    code = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "mirror.py").write_text(code[0])
    spec = importlib.util.spec_from_file_location("mirror", tmp_path / "mirror.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mirror", module)
    spec.loader.exec_module(module)
    return module


def test_the_worked_example_mirrors_a_picture(mirror: ModuleType) -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    published: dict[str, Picture] = {}
    ctx = SimpleNamespace(
        picture=lambda _upload: Picture(pixels),
        publish=lambda picture, *, name: published.setdefault(name, picture),
    )
    cup = Upload("upl_1", Path("cup.jpg"), "cup.jpg", "image/jpeg", Kind.IMAGE, 1, "0")

    mirror.mirror.run(ctx, mirror.mirror.read({"image": cup}))

    assert np.array_equal(published["cup-mirrored"].pixels, pixels[:, ::-1])


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert re.search(rf"`appliance {command}\b", README)


def test_the_readme_names_no_command_that_is_not_there() -> None:
    assert set(re.findall(r"`appliance ([a-z]+)", README)) <= set(main.commands)


def test_every_path_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", README)

    assert links
    for link in links:
        assert (ROOT / link).exists(), link
