"""Batches over HTTP: what is taken, what is explained, what is refused whole."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from appliance.core.jobs import Environment
from appliance.core.money import usd
from appliance.operations import discover
from appliance.services.box import Box
from appliance.services.money import ledger
from appliance.web.app import create_app
from tests.support.archives import encrypted, photo, torn, with_link, zipped
from tests.support.box import alive, opened_box, put_upload
from tests.support.clock import FrozenClock
from tests.support.personas import Cast, move_in

PATH = "/api/v1/batch"


class Shop:
    """A box with its people, asked over HTTP."""

    def __init__(self, box: Box, cast: Cast, client: FlaskClient) -> None:
        self.box, self.cast, self.client = box, cast, client

    def send(self, key: str = "", **fields: Any) -> Any:
        """A form; files are (bytes, name) or bytes."""
        data = {name: _parts(value) for name, value in fields.items()}
        headers = {"x-api-key": self.cast.ada.secret} | ({"Idempotency-Key": key} if key else {})
        return self.client.post(PATH, data=data, headers=headers)

    def say(self, body: dict[str, Any]) -> Any:
        return self.client.post(PATH, json=body, headers={"x-api-key": self.cast.ada.secret})

    def get(self, path: str, secret: str = "") -> Any:
        headers = {"x-api-key": secret or self.cast.ada.secret}
        return self.client.get(path, headers=headers)

    def items(self, answer: Any) -> list[dict[str, Any]]:
        assert answer.status_code == 202, answer.json
        found: list[dict[str, Any]] = self.get(f"{PATH}/{answer.json['jobId']}").json["items"]
        return found

    def told(self, answer: Any) -> list[tuple[str, str]]:
        """By file: its status, or why it was refused."""
        return [
            (each["name"], each["error"]["code"] if each["error"] else each["status"])
            for each in self.items(answer)
        ]

    @property
    def jobs(self) -> int:
        row = self.box.db.row("SELECT count(*) FROM job")
        assert row is not None
        return int(row[0])

    @property
    def left(self) -> list[str]:
        """Files that no row names."""
        kept = {row[0] for row in self.box.db.rows("SELECT path FROM upload")}
        folders = (self.box.home.uploads, self.box.home.tmp / "arrivals")
        return [each.name for f in folders for each in f.glob("*") if each.name not in kept]


def _parts(value: Any) -> Any:
    if isinstance(value, list):
        return [_parts(each) for each in value]
    if isinstance(value, bytes):
        return io.BytesIO(value), "sent"
    return (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value


@pytest.fixture
def shop(tmp_path: Path, clock: FrozenClock) -> Iterator[Shop]:
    with opened_box(tmp_path / "box", catalogue=discover(), clock=clock, batch__files=5) as box:
        alive(box)
        yield Shop(box, move_in(box), create_app(box).test_client())


def test_many_pictures_are_a_job_each_and_one_that_gathers(shop: Shop) -> None:
    answer = shop.send(images=[(photo(1), "a.jpg"), (photo(2), "b.jpg")], width="64")

    job = answer.json["jobId"]
    assert answer.status_code == 202
    assert answer.json["batch"] == {
        "files": 2,
        "pending": 2,
        "processing": 0,
        "completed": 0,
        "failed": 0,
        "cancelled": 0,
        "refused": 0,
    }
    assert answer.json["batchUrl"].endswith(f"/api/v1/batch/{job}")
    assert shop.told(answer) == [("a.jpg", "pending"), ("b.jpg", "pending")]
    child = shop.get(f"/api/v1/jobs/{shop.items(answer)[0]['jobId']}").json["data"]
    assert (child["type"], child["credits"], child["parent"]) == ("process", 2, job)
    whole = shop.get(f"/api/v1/jobs/{job}").json
    assert (whole["data"]["type"], whole["data"]["credits"]) == ("batch", 0)
    assert whole["batch"] == answer.json["batch"]


def test_what_is_no_picture_is_explained_file_by_file(shop: Shop) -> None:
    archive = zipped(
        {
            "in/cup.jpg": photo(1),
            "words.txt": b"Hello",
            "inner.zip": zipped({}),
            "../cup.jpg": photo(2),
            "empty.png": b"",
        }
    )

    answer = shop.send(zip=(archive, "all.zip"))

    assert shop.told(answer) == [
        ("in/cup.jpg", "pending"),
        ("words.txt", "UNSUPPORTED_MEDIA_TYPE"),
        ("inner.zip", "UNSUPPORTED_MEDIA_TYPE"),
        ("../cup.jpg", "UNSUPPORTED_MEDIA_TYPE"),
        ("empty.png", "VALIDATION_ERROR"),
    ]
    assert shop.left == []


def test_files_come_in_every_form(shop: Shop) -> None:
    kept = put_upload(shop.box, shop.cast.ada.account, content=photo(9))
    inline = f"data:image/jpeg;base64,{base64.b64encode(photo(1)).decode()}"
    theirs = put_upload(shop.box, shop.cast.cyd.account, content=photo(8))

    answer = shop.say({"images": [kept, inline, theirs, "http://example.com/a.jpg"]})

    assert shop.told(answer) == [
        *((kept, "pending"), ("picture-2", "pending"), (theirs, "NOT_FOUND")),
        ("http://example.com/a.jpg", "VALIDATION_ERROR"),
    ]
    assert shop.say({"images_base64": [inline]}).status_code == 202
    encoded = base64.b64encode(zipped({"a.jpg": photo()})).decode()
    assert shop.told(shop.say({"zip_base64": encoded})) == [("a.jpg", "pending")]


@pytest.mark.parametrize(
    ("sent", "status", "field"),
    [
        ({}, 422, "images"),
        ({"images": photo(), "zip": zipped({"a.jpg": photo()})}, 422, "zip"),
        ({"zip": photo()}, 415, "zip"),
        ({"zip": zipped({"a.jpg": photo()})[:-20]}, 422, "zip"),
        ({"zip": zipped({})}, 422, "zip"),
        ({"zip": zipped({f"{n}.jpg": photo(n) for n in range(6)})}, 413, "zip"),
        ({"images": [photo(n) for n in range(6)]}, 413, "images"),
        ({"images": photo(), "width": "9"}, 422, "width"),
        ({"images": photo(), "image": photo()}, 422, "image"),
        ({"images": photo(), "operation": "paint"}, 422, "operation"),
        ({"images": photo(), "operation": "upscale", "margin": "0"}, 422, "margin"),
        ({"images": photo(), "filename": "x" * 201}, 422, "filename"),
        ({"images": photo(), "webhookUrl": "http://127.0.0.1/"}, 422, "webhookUrl"),
    ],
)
def test_a_batch_that_cannot_be_is_refused_whole(
    shop: Shop, sent: dict[str, Any], status: int, field: str
) -> None:
    answer = shop.send(**sent)

    assert (answer.status_code, answer.json["error"]["field"]) == (status, field)
    assert (shop.jobs, shop.left) == (0, [])


@pytest.mark.parametrize(
    "archive",
    [
        encrypted(zipped({"a.jpg": photo()})),
        with_link("a.jpg", "/etc/passwd"),
        zipped({"words.txt": b"Hello"}),
    ],
)
def test_a_batch_without_a_picture_says_why_of_each(shop: Shop, archive: bytes) -> None:
    answer = shop.send(zip=archive)

    assert answer.status_code == 415
    assert len(answer.json["error"]["details"]["files"]) == 1
    assert (shop.jobs, shop.left) == (0, [])


def test_an_archive_among_the_pictures_is_one_that_is_none(shop: Shop) -> None:
    answer = shop.send(images=[(photo(), "a.jpg"), (zipped({"b.jpg": photo()}), "b.zip")])

    assert shop.told(answer) == [("a.jpg", "pending"), ("b.zip", "UNSUPPORTED_MEDIA_TYPE")]


def test_too_little_money_for_all_refuses_all(shop: Shop) -> None:
    with shop.box.db.transaction() as tx:
        ledger.hold(tx, shop.box, shop.cast.ada.account, Environment.LIVE, usd("9.95"))

    answer = shop.send(images=[photo(n) for n in range(3)])

    assert answer.status_code == 402
    assert answer.json["error"]["details"] == {"needed_usd": "0.06", "free_usd": "0.05"}
    assert (shop.jobs, shop.left) == (0, [])


def test_the_same_batch_again_is_the_first_and_is_not_unpacked(shop: Shop) -> None:
    archive = zipped({"a.jpg": photo(), "b.txt": b"x"})
    first = shop.send(key="once", zip=archive, width="64")

    again = shop.send(key="once", zip=archive, width="64")

    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == first.json
    assert (shop.jobs, shop.left) == (2, [])
    assert shop.send(key="once", zip=archive, width="65").status_code == 422
    assert shop.send(key="once", zip=zipped({"a.jpg": photo()}), width="64").status_code == 422


def test_a_dry_run_adds_it_all_up_and_keeps_nothing(shop: Shop) -> None:
    answer = shop.send(images=[photo(1), photo(2), b"junk"], dry_run="true")
    estimated = shop.client.post(
        "/api/v1/estimate",
        json={"route": PATH, "params": {"images": [_inline(photo(1)), _inline(photo(2))]}},
        headers={"x-api-key": shop.cast.ada.secret},
    )

    assert (answer.json["dryRun"], answer.json["credits"], answer.json["usd"]) == (True, 4, "0.04")
    assert estimated.json["data"]["credits"] == 4
    assert (shop.jobs, shop.left) == (0, [])


def _inline(content: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def test_files_are_told_page_by_page_and_to_their_owner_only(shop: Shop) -> None:
    job = shop.send(images=[photo(n) for n in range(5)]).json["jobId"]

    first = shop.get(f"{PATH}/{job}?limit=3").json
    rest = shop.get(f"{PATH}/{job}?limit=3&cursor={first['nextCursor']}").json

    assert (len(first["items"]), len(rest["items"]), rest["nextCursor"]) == (3, 2, None)
    assert shop.get(f"{PATH}/{job}?cursor=x").status_code == 422
    assert shop.get(f"{PATH}/{job}", shop.cast.cyd.secret).status_code == 404
    child = first["items"][0]["jobId"]
    assert shop.get(f"{PATH}/{child}").json["error"]["message"].startswith("There is no batch")


def test_a_job_may_be_any_of_the_products_and_costs_what_that_does(shop: Shop) -> None:
    names = [name for name, *_ in shop.box.db.rows("SELECT name FROM lane")]
    assert names == []
    answer = shop.client.post(
        "/api/v1/jobs",
        data={"image": (io.BytesIO(photo()), "a.jpg"), "operation": "process", "width": "64"},
        headers={"x-api-key": shop.cast.ada.secret},
    )
    job = shop.get(f"/api/v1/jobs/{answer.json['jobId']}").json["data"]
    refused = shop.client.post(
        "/api/v1/jobs",
        data={"image": (io.BytesIO(photo()), "a.jpg"), "operation": "upscale", "scale": "3"},
        headers={"x-api-key": shop.cast.ada.secret},
    )

    assert (job["type"], job["operation"], job["credits"]) == ("process", "product.process", 2)
    assert (refused.status_code, refused.json["error"]["field"]) == (422, "scale")


def test_what_gathers_is_not_asked_for_by_itself(shop: Shop) -> None:
    listed = [each["name"] for each in shop.get("/api/v1/operations").json["data"]]

    assert "product.batch" not in listed
    answer = shop.client.post(
        "/api/v1/operations/product.batch",
        data=json.dumps({}),
        headers={"x-api-key": shop.cast.ada.secret, "Content-Type": "application/json"},
    )
    assert answer.status_code == 404


def test_a_torn_picture_is_taken_and_told_by_its_job(shop: Shop) -> None:
    assert shop.told(shop.send(images=[(torn(photo()), "torn.jpg")])) == [("torn.jpg", "pending")]
