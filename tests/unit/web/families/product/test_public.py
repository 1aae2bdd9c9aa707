from __future__ import annotations

import io

import pytest
from PIL import Image

from appliance.operations import discover
from appliance.web.app import create_app
from tests.support.box import alive, opened_box, put_upload
from tests.support.personas import move_in

PUBLIC = ("/api/v1/process", "/api/v1/compliance")


@pytest.fixture
def opened(tmp_path):
    """(box, client, Ada) of a box, public unless told otherwise."""
    boxes = []

    def make(**settings):
        told = {"product__public": True, "rates__public": "3 per 1 minute"} | settings
        context = opened_box(tmp_path, catalogue=discover(), **told)
        box = context.__enter__()
        boxes.append(context)
        ada = move_in(box)
        alive(box)
        return box, create_app(box).test_client(), ada

    yield make
    for context in boxes:
        context.__exit__(None, None, None)


def photo():
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return io.BytesIO(file.getvalue()), "photo.png"


def ask(client, path="/api/v1/compliance", headers=None, **fields):
    told = {"Prefer": "respond-async"} | (headers or {})
    return client.post(path, data={"image": photo()} | fields, headers=told)


@pytest.mark.parametrize("path", PUBLIC)
def test_without_a_key_a_public_box_takes_a_picture_for_its_own_account(opened, path):
    box, client, _ = opened()

    reply = ask(client, path)

    assert reply.status_code == 202, reply.json
    first = box.db.row("SELECT id FROM account ORDER BY created_at, rowid LIMIT 1")
    assert box.db.row("SELECT account, api_key FROM job") == (first[0], None)
    assert reply.headers["X-RateLimit-Limit"] == "3"


def test_a_box_is_not_public_unless_its_admin_says_so(opened):
    _, client, _ = opened(product__public=False)

    assert ask(client).status_code == 401


def test_other_routes_need_a_key_still(opened):
    _, client, _ = opened()

    assert ask(client, "/api/v1/jobs").status_code == 401
    assert client.get("/api/v1/jobs").status_code == 401


def test_an_address_may_ask_so_often_and_no_more(opened):
    box, client, _ = opened()

    answers = [ask(client).status_code for _ in range(4)]

    assert answers == [202, 202, 202, 429]
    assert box.db.row("SELECT count(*) FROM job") == (3,)


def test_a_wrong_key_is_refused_and_does_not_make_a_guest(opened):
    _, client, _ = opened()

    assert ask(client, headers={"x-api-key": "sa_live_wrong"}).status_code == 401


def test_a_guest_names_no_file_of_the_account(opened):
    box, client, _ = opened()
    first = box.db.row("SELECT id FROM account ORDER BY created_at, rowid LIMIT 1")
    upload = put_upload(box, first[0])

    reply = ask(client, image=upload)

    assert reply.status_code == 401
    assert box.db.row("SELECT count(*) FROM job") == (0,)


def test_a_guests_idempotency_key_finds_nobodys_job(opened):
    _, client, _ = opened()

    first = ask(client, headers={"Idempotency-Key": "same"}).json["jobId"]
    again = ask(client, headers={"Idempotency-Key": "same"}).json["jobId"]

    assert first != again
