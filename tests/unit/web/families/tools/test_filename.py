"""A file may come as base64 under a name, to every tool that takes one."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest

from appliance.operations import discover
from appliance.web.app import create_app
from appliance.web.families.tools.routes import TOOLS, Tool
from tests.support.archives import photo
from tests.support.box import alive, opened_box
from tests.support.personas import move_in

CATALOGUE = discover()
PICTURES = [tool for tool in TOOLS if tool.category == "pictures"]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with opened_box(tmp_path_factory.mktemp("tools"), catalogue=CATALOGUE) as box:
        alive(box)
        client, ada = create_app(box).test_client(), move_in(box).ada

        def asked(path: str, **how: Any) -> Any:
            headers = {"x-api-key": ada.secret, "Prefer": "respond-async"}
            return client.post(path, headers=headers, **how)

        asked.box = box
        yield asked


@pytest.mark.parametrize("tool", PICTURES, ids=lambda tool: tool.slug)
def test_every_picture_tool_takes_content_under_a_filename(ask: Any, tool: Tool) -> None:
    body = {"content_base64": base64.b64encode(photo()).decode(), "filename": "mi-imagen.jpg"}
    fields = CATALOGUE[tool.derived.operation].fields
    needed = {f.name: f.choice.values[0] for f in fields if f.required and f.choice}
    if fields[0].many:
        body["images"] = [f"data:;base64,{body.pop('content_base64')}"] * 2

    answer = ask(f"/api/v1/tools/{tool.slug}", json={**body, **needed, "dry_run": True})

    assert answer.status_code == 200, answer.json


def test_a_filename_names_the_file_however_it_comes(ask: Any) -> None:
    encoded = base64.b64encode(photo()).decode()
    ask("/api/v1/tools/image-crop", json={"content_base64": encoded, "filename": "mi copa.jpg"})
    form = {"image": (io.BytesIO(photo(1)), "upload.bin"), "filename": "otra.jpg", "width": "8"}
    ask("/api/v1/process", data={**form, "width": "64"})

    rows = ask.box.db.rows("SELECT name FROM upload ORDER BY id")
    assert ("otra.jpg",) in rows
