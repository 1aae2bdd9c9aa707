"""`demo`: a product photo processed, enlarged and converted, a QR code, a picture from words.

It talks HTTP to the appliance like any client, and starts one on a free port if none runs.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import click

from appliance.cli.box import plainly, table, this_box
from appliance.services.box import Box

_PHOTO = Path(__file__).parent / "mug.jpg"
_KEY = "demo"
_PROMPT = "a red apple on a blue background"  # what the small model that comes with it can draw
_PATIENCE_S = 600


@dataclass(frozen=True)
class Client:
    """The few calls the demo makes."""

    base: str
    key: str

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """GET, or POST with a JSON body; the reply. Raises ClickException with the error said."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers)  # noqa: S310  our own http
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:  # noqa: S310  our own http
                found: dict[str, Any] = json.load(reply)
                return found
        except HTTPError as refused:
            raise click.ClickException(f"{path}: {refused.read().decode()}") from None

    def finished(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Run an operation under its own name and wait for the finished job."""
        job: dict[str, Any] = self.call(f"/api/v1/operations/{operation}", params)["data"]
        deadline = time.monotonic() + _PATIENCE_S
        while job["status"] in ("pending", "processing") and time.monotonic() < deadline:
            job = self.call(f"/api/v1/jobs/{job['id']}?wait=30")["data"]
        if job["status"] != "completed":
            raise click.ClickException(f"{operation} did not complete: {job.get('error')}")
        return job


@click.command()
@plainly
def demo() -> None:
    """Show what the appliance does, on real input."""
    from appliance.services.access import accounts

    box = this_box()
    accounts.ensure_first_account(box)
    with _running(box) as base:
        client = Client(base, _fresh_key(box))
        _say_how_to_go_on(client, base, _show(box, client))


def _show(box: Box, client: Client) -> list[list[Any]]:
    rows: list[list[Any]] = []

    def step(operation: str, **params: Any) -> str:
        job = client.finished(operation, params)
        rows.append(_row(box, job))
        return f"{job['id']}/0"

    click.echo("A product photo: cut out, centred and framed; enlarged; converted …")
    photo = _data_url(_PHOTO)
    framed = step("product.process", image=photo, width=1000, height=1000, shadow="contact")
    if _installed(client, "image.upscaler"):
        small = step("tools.image_convert", image=framed, output_format="png", width=256)
        framed = step("image.upscale", image=small, factor=4)
    step("tools.image_convert", image=framed, output_format="webp", filename="mug.webp")
    step("tools.qr", text="https://example.com/mug", filename="mug-qr")
    if _installed(client, "image.text_to_image"):
        click.echo(f"A picture from words: {_PROMPT} …")
        step("image.generate", prompt=_PROMPT, width=512, height=512, seed=7)
    else:
        click.echo(
            "No text-to-image model is installed, so no picture from words. Put a diffusers folder"
            " beside a manifest under models/ (appliance/docs/operating.md, Models), or list what"
            " can be installed: appliance models list"
        )
    return rows


def _row(box: Box, job: dict[str, Any]) -> list[Any]:
    from appliance.services.access import accounts
    from appliance.services.jobs import reading

    view = reading.find(box, accounts.operator(box).account, job["id"])
    assert view.started_at
    assert view.completed_at
    spent = (view.completed_at - view.started_at).total_seconds()
    file = box.home.outputs / view.outputs[0].path
    return [job["operation"], f"{spent:.2f}", job["credits"], file, job["outputs"][0]["url"]]


def _say_how_to_go_on(client: Client, base: str, rows: list[list[Any]]) -> None:
    click.echo()
    table(("operation", "seconds", "credits", "file"), [row[:4] for row in rows])
    click.echo("\nLinks, valid for 24 hours while the appliance runs:")
    for row in rows:
        click.echo(f"  {row[0]:20} {row[4]}")
    click.echo(f"\nYour key for trying it out: {client.key}")
    click.echo("Start the appliance:  .venv/bin/appliance start        (stop it with Ctrl+C)")
    click.echo(
        f"Then, for example:    curl -H 'Authorization: Bearer {client.key}' {base}/api/v1/jobs"
    )


def _installed(client: Client, ability: str) -> bool:
    listed = client.call("/api/v1/models")["data"]
    return any(model["installed"] and model["ability"] == ability for model in listed)


def _data_url(path: Path) -> str:
    import base64

    return "data:image/jpeg;base64," + base64.b64encode(path.read_bytes()).decode()


def _fresh_key(box: Box) -> str:
    from appliance.services.access import accounts, keys
    from appliance.services.access.wishes import KeyWish

    account = accounts.operator(box).account
    for key in keys.list_keys(box, account):
        if key.name == _KEY and key.revoked_at is None:
            keys.revoke_key(box, account, key.id)
    return keys.create_key(box, account, KeyWish(name=_KEY)).secret


@contextmanager
def _running(box: Box) -> Iterator[str]:
    """The base URL of a running appliance: the one that runs, or one started for the demo."""
    usual = f"http://127.0.0.1:{box.settings.server.port}"
    if _alive(box) and _answers(usual):
        yield usual
        return
    port = _free_port(box.settings.server.port)
    click.echo(f"Starting the appliance on port {port} for the demo …")
    process = subprocess.Popen(
        [sys.executable, "-m", "appliance", "start", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=(box.home.data / "demo.log").open("w"),
    )
    try:
        yield _once_ready(f"http://127.0.0.1:{port}", process, box)
    finally:
        process.terminate()
        process.wait(timeout=90)


def _once_ready(base: str, process: subprocess.Popen[bytes], box: Box) -> str:
    deadline = time.monotonic() + _PATIENCE_S / 5
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(base) and _alive(box):
            return base
        box.clock.sleep(0.2)
    raise click.ClickException(f"The appliance did not start; see {box.home.data / 'demo.log'}")


def _alive(box: Box) -> bool:
    from appliance.services.health import health

    return health(box).worker_alive


def _answers(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/health", timeout=5) as reply:  # noqa: S310  our own http
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


def _free_port(wished: int) -> int:
    """The wished port, so that links outlive the demo, or any if something has that one."""
    for port in (wished, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("This machine has no free port.")
