"""Links over HTTP: made, opened in parts, revoked, and kept out of the log."""

from __future__ import annotations

import logging
import re
from dataclasses import replace as changed
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from appliance.core.operation import Catalogue
from appliance.core.scopes import Scope
from appliance.operations import discover
from appliance.services.access import keys
from appliance.services.access.wishes import KeyWish
from appliance.services.files import links
from appliance.services.jobs import outcome
from appliance.web.app import create_app
from tests.support.box import OPERATIONS, alive, claim, completed, made_file, opened_box, submit
from tests.support.personas import move_in


@pytest.fixture
def served(tmp_path, clock):
    both = Catalogue([*OPERATIONS, *discover()])
    with opened_box(tmp_path, clock=clock, catalogue=both) as box:
        alive(box)
        yield box, create_app(box).test_client(), move_in(box)


def with_key(secret):
    return {"Authorization": f"Bearer {secret}"}


def download(client, path, **options):
    return client.get(path, buffered=True, **options)  # read, and the file is closed


def post(client, persona, job, **body):
    wanted = {"output": f"job_{job.id}/0", "expires_in": 3600} | body
    return client.post("/api/v1/links", json=wanted, headers=with_key(persona.secret))


def path_of(reply):
    assert reply.status_code == 201, reply.json
    parts = urlsplit(reply.json["data"]["url"])
    return f"{parts.path}?{parts.query}"


def few(box, account):
    """Somebody with a key that may not see all of the account's jobs."""
    made = keys.create_key(box, account, KeyWish("few", scopes=frozenset({Scope.GENERATION})))
    return made.id, made.secret


def test_a_link_is_made_downloaded_and_revoked(served, clock):
    box, client, cast = served
    job = completed(box, cast.ada.actor)

    reply = post(client, cast.ada, job, filename="Für Ada.txt", disposition="attachment")
    path = path_of(reply)
    data = reply.json["data"]
    file = download(client, path)

    assert re.fullmatch("lnk_[0-9A-Z]{26}", data["id"])
    assert data["expires_at"].startswith((clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H"))
    assert (file.status_code, file.data) == (200, b"Hello")
    assert file.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "filename*=UTF-8''F%C3%BCr%20Ada.txt" in file.headers["Content-Disposition"]

    gone = client.delete(f"/api/v1/links/{data['id']}", headers=with_key(cast.ada.secret))
    again = client.delete(f"/api/v1/links/{data['id']}", headers=with_key(cast.ada.secret))
    assert (gone.status_code, again.status_code) == (204, 404)
    assert download(client, path).status_code == 403


def test_bad_expired_revoked_and_missing_answer_the_same(served, clock):
    box, client, cast = served
    jobs = [completed(box, cast.ada.actor) for _ in range(3)]
    made = [post(client, cast.ada, job) for job in jobs]
    bad = path_of(made[0]).replace("sig=", "sig=A")
    revoked, missing = path_of(made[0]), path_of(made[1])
    links.revoke_link(box, made[0].json["data"]["id"])
    (box.home.outputs / jobs[1].id / "1" / "card.txt").unlink()
    early = [download(client, each) for each in (bad, revoked, missing, "/files/lnk_1/x?sig=1")]
    assert download(client, path_of(made[2])).status_code == 200
    clock.step(hours=1)
    answers = [*early, download(client, path_of(made[2]))]

    assert {each.status_code for each in answers} == {403}
    assert len({each.json["error"]["message"] for each in answers}) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expires_in": 7 * 86400 + 1}, "expires_in"),
        ({"expires_in": 0}, "expires_in"),
        ({"expires_in": None}, "expires_in"),
        ({"disposition": "both"}, "disposition"),
        ({"filename": "../x"}, "filename"),
        ({"filename": 'a"b'}, "filename"),
        ({"filename": "a\r\nX: y"}, "filename"),
        ({"filename": ""}, "filename"),
        ({"output": 7}, "output"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(served, change, field):
    box, client, cast = served
    reply = post(client, cast.ada, completed(box, cast.ada.actor), **change)

    assert (reply.status_code, reply.json["error"]["field"]) == (422, field)
    assert box.db.rows("SELECT * FROM link") == []


@pytest.mark.parametrize(
    "output", ["job_X/1", "job_X", "job_X/٣", "upl_1", "1/0/0", "/files/x", "é/0"]
)
def test_no_output_is_not_found(served, output):
    box, client, cast = served
    job = completed(box, cast.ada.actor)

    reply = post(client, cast.ada, job, output=output.replace("X", job.id))

    assert reply.status_code == 404


def test_a_link_is_for_ones_own_outputs_and_with_mgmt_for_the_accounts(served):
    box, client, cast = served
    job = completed(box, cast.ada.actor)
    assert post(client, cast.cyd, job).status_code == 404
    theirs = post(client, cast.ben, job).json["data"]["id"]

    key, secret = few(box, cast.ada.account)
    few_actor = changed(cast.ada.actor, key=key, scopes=frozenset({Scope.GENERATION}))
    own = completed(box, few_actor)
    body = {"expires_in": 60}
    asked = {
        each.id: client.post(
            "/api/v1/links", json=body | {"output": f"job_{each.id}/0"}, headers=with_key(secret)
        ).status_code
        for each in (job, own)
    }

    assert asked == {job.id: 404, own.id: 201}
    for stranger in (secret, cast.cyd.secret):
        reply = client.delete(f"/api/v1/links/{theirs}", headers=with_key(stranger))
        assert reply.status_code == 404
    assert client.delete(f"/api/v1/links/{theirs}").status_code == 401
    assert box.db.row("SELECT count(*) FROM link WHERE id = ?", (theirs,)) == (1,)


def test_parts_conditions_and_heads_of_a_download(served):
    box, client, cast = served
    path = path_of(post(client, cast.ada, completed(box, cast.ada.actor)))
    whole = download(client, path)
    tag = whole.headers["ETag"]

    head = client.head(path, buffered=True)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "5")
    part = download(client, path, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.data) == (206, b"ell")
    assert part.headers["Content-Range"] == "bytes 1-3/5"
    last = download(client, path, headers={"Range": "bytes=-2"})
    assert (last.status_code, last.data) == (206, b"lo")
    beyond = download(client, path, headers={"Range": "bytes=9-"})
    assert beyond.status_code == 416
    same = download(client, path, headers={"Range": "bytes=1-3", "If-Range": tag})
    other = download(client, path, headers={"Range": "bytes=1-3", "If-Range": '"else"'})
    assert (same.status_code, other.status_code, other.data) == (206, 200, b"Hello")
    kept = download(client, path, headers={"If-None-Match": tag})
    assert (kept.status_code, kept.data) == (304, b"")
    assert download(client, path, headers={"If-None-Match": '"else"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("bytes=0-0,2-2", (200, b"Hello")),
        ("bytes=x", (200, b"Hello")),
        ("bytes=3-1", (200, b"Hello")),
        ("items=0-1", (200, b"Hello")),
        ("bytes=0-" + "9" * 400, (206, b"Hello")),
        ("bytes=-99", (200, b"Hello")),
    ],
)
def test_a_range_that_is_odd_is_ignored_and_one_too_long_is_cut(served, asked, answer):
    box, client, cast = served
    path = path_of(post(client, cast.ada, completed(box, cast.ada.actor)))

    file = download(client, path, headers={"Range": asked})

    assert (file.status_code, file.data) == answer


@pytest.mark.parametrize(
    ("mime", "caged"), [("image/svg+xml", True), ("text/html", True), ("image/png", False)]
)
def test_a_download_can_run_nothing(served, mime, caged):
    box, client, cast = served
    submit(box, cast.ada.actor)
    job = claim(box)
    made = changed(made_file(box, job), mime=mime)
    assert outcome.finish(box, job, outcome.Result([made], {}, (), 1.0))

    file = download(client, path_of(post(client, cast.ada, job)))

    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert file.headers["Referrer-Policy"] == "no-referrer"
    assert file.headers["Cache-Control"].startswith("private, max-age=")
    assert file.headers.get("Content-Security-Policy", "").startswith("sandbox") is caged


@pytest.mark.parametrize("spelling", ["sig=", "s%69g=", "SIG=1&sig="])
def test_the_log_holds_nothing_that_downloads(served, caplog, spelling):
    box, client, cast = served
    made = post(client, cast.ada, completed(box, cast.ada.actor))
    path = path_of(made)
    signature = path.partition("sig=")[2]

    with caplog.at_level(logging.INFO, logger="appliance.access"):
        assert download(client, path.replace("sig=", spelling)).status_code == 200
        download(client, f"/api/v1/jobs?sig={signature}", headers=with_key(cast.ada.secret))

    assert "/files/lnk_" in caplog.text
    assert signature not in caplog.text
    assert cast.ada.secret not in caplog.text


def test_the_account_tells_what_it_stores(served):
    box, client, cast = served
    completed(box, cast.ada.actor)

    data = download(client, "/api/v1/account", headers=with_key(cast.ada.secret)).json["data"]

    assert data["storage"] == {"uploads_bytes": 0, "outputs_bytes": 5}
