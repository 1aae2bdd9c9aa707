from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from appliance.core.errors import Forbidden, NotFound
from appliance.core.signing import Ticket, sign
from appliance.services.box import Box
from appliance.services.files import links
from appliance.services.files.links import Presented
from appliance.services.jobs import reading
from tests.support.box import completed, opened_box
from tests.support.personas import move_in

GONE = "This link is not valid, or its time is over."


def made(box, persona) -> tuple[links.Link, Presented]:
    """A finished job's link, and the same as somebody presents it."""
    job = reading.job_by_id(box, completed(box, persona.actor).id)
    return given(box, job)


def given(box, job) -> tuple[links.Link, Presented]:
    link = links.link(box, job, job.outputs[0])
    return link, presented(link.path)


def refused(box: Box, shown: Presented) -> bool:
    with pytest.raises(Forbidden) as caught:
        links.opened(box, shown)
    return caught.value.message == GONE


def test_a_link_opens_the_file_it_was_made_for(box, ada):
    link, shown = made(box, ada)
    served = links.opened(box, shown)

    assert link.path.startswith("/files/job_")
    assert served.path.read_text() == "Hello"
    assert (served.name, served.mime) == ("card.txt", "text/plain")
    assert link.expires_at == datetime.fromtimestamp(served.expires, UTC)
    assert link.expires_at - box.clock.now() <= timedelta(hours=24)


def test_any_change_to_a_link_is_refused_in_the_same_words(box, ada):
    _, shown = made(box, ada)
    other = replace(shown, file=shown.file[:-1] + "1")
    later = str(int(shown.expires) + 1)
    tampered = [
        other,
        replace(shown, name="card.html"),
        replace(shown, expires=later),
        replace(shown, kid="k2"),
        replace(shown, signature=shown.signature[:-1] + "_"),
        replace(shown, signature=""),
    ]

    assert all(refused(box, each) for each in tampered)
    assert links.opened(box, shown)


@pytest.mark.parametrize("expires", ["", "-1", "1e9", "٣", "0x10", "9" * 20, "9" * 5000])
def test_an_expiry_that_is_no_time_is_refused(box, ada, expires):
    _, shown = made(box, ada)

    assert refused(box, replace(shown, expires=expires))


def test_a_link_is_refused_when_its_time_is_over(box, ada, clock):
    link, shown = made(box, ada)
    clock.step(seconds=(link.expires_at - clock.now()).total_seconds() - 0.001)
    assert links.opened(box, shown)

    clock.step(seconds=0.001)

    assert refused(box, shown)


@pytest.mark.parametrize(
    "file", ["job_X-0", "job_X-9", "X-0", "job_X", "job_X-", "-", "..", "job_X--1"]
)
def test_a_rightly_signed_link_to_nothing_is_refused_in_the_same_words(box, ada, file):
    _, shown = made(box, ada)
    job = shown.file.removeprefix("job_").rpartition("-")[0]
    file = file.replace("X", job) if file.endswith("9") else file
    keys = box.link_keys.at(box.clock.now())
    query = sign(Ticket(f"/files/{file}/card.txt", int(shown.expires), "card.txt"), keys)
    signature = parse_qs(query)["sig"][0]

    assert refused(box, replace(shown, file=file, signature=signature))


def test_a_file_that_was_removed_is_refused_in_the_same_words(box, ada):
    _, shown = made(box, ada)
    links.opened(box, shown).path.unlink()

    assert refused(box, shown)


def test_a_link_of_another_box_is_refused(box, ada, tmp_path, clock):
    _, shown = made(box, ada)
    with opened_box(tmp_path / "other", clock=clock) as other:
        move_in(other)

        assert refused(other, shown)


def test_a_poll_repeats_its_link_until_half_its_life_is_over(box, ada, clock):
    job = reading.job_by_id(box, completed(box, ada.actor).id)
    first, shown = given(box, job)
    clock.step(hours=11, minutes=59)
    assert given(box, job)[0] == first

    clock.step(minutes=1)
    second, fresh = given(box, job)

    assert second.path != first.path
    assert second.expires_at - first.expires_at == timedelta(hours=12)
    assert links.opened(box, shown).path == links.opened(box, fresh).path


def test_a_link_never_outlives_its_file(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, storage__outputs_days=1.5) as box:
        job = reading.job_by_id(box, completed(box, move_in(box).ada.actor).id)
        kept = job.outputs[0].retained_until
        clock.step(days=1, hours=6)

        link, shown = given(box, job)

        assert kept - timedelta(seconds=1) <= link.expires_at <= kept
        assert links.opened(box, shown)


def test_a_link_of_a_key_rotated_out_holds_until_it_expires(box, ada, clock):
    _, shown = made(box, ada)
    assert links.rotate_keys(box) == "k2"

    link, fresh = made(box, ada)

    assert (shown.kid, fresh.kid) == ("k1", "k2")
    assert links.opened(box, shown)
    assert links.opened(box, fresh)
    clock.step(hours=23)
    assert links.opened(box, shown)
    assert link.expires_at > clock.now()


def test_keys_rotated_out_at_once_open_nothing_any_more(box, ada):
    _, shown = made(box, ada)

    links.rotate_keys(box, at_once=True)

    assert refused(box, shown)


def test_an_old_key_is_dropped_after_the_longest_life_of_a_link(box, ada, clock):
    _, asked = asked_for(box, ada, timedelta(days=30))
    links.rotate_keys(box)
    clock.step(days=7, seconds=-1)
    assert links.opened(box, asked)
    assert set(box.link_keys.at(clock.now()).by_kid) == {"k1", "k2"}

    clock.step(seconds=1)

    assert refused(box, asked)
    assert set(box.link_keys.at(clock.now()).by_kid) == {"k2"}


# Made on request


def asked_for(box, persona, life=timedelta(hours=1), **wish) -> tuple[links.MadeLink, Presented]:
    job = reading.job_by_id(box, completed(box, persona.actor).id)
    wanted = links.LinkWish(life, **wish)
    link = links.make_link(box, job, job.outputs[0], wanted)
    return link, presented(link.link.path)


def presented(path: str) -> Presented:
    parts = urlsplit(path)
    _, _, file, name = parts.path.split("/")
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return Presented(file, name, query["expires"], query["kid"], query["sig"])


def test_a_link_made_on_request_has_its_own_name_disposition_and_end(box, ada, clock):
    link, shown = asked_for(box, ada, name="Für Ada.txt", disposition=links.Disposition.ATTACHMENT)

    served = links.opened(box, shown)

    assert shown.file == link.id
    assert (served.name, served.disposition) == ("Für Ada.txt", "attachment")
    assert (shown.name, served.path.read_text()) == ("Fur-Ada.txt", "Hello")
    assert link.link.expires_at == clock.now().replace(microsecond=0) + timedelta(hours=1)


@pytest.mark.parametrize("change", ["name = 'x.txt'", "id = 'lnk_1'"])
def test_what_the_row_says_is_bound_by_the_signature(box, ada, change):
    link, shown = asked_for(box, ada)
    with box.db.transaction() as tx:
        tx.run(f"UPDATE link SET {change}")
    file = "lnk_1" if "lnk_1" in change else link.id

    assert refused(box, replace(shown, file=file))


def test_a_revoked_link_is_refused_in_the_same_words_and_others_go_on(box, ada):
    link, shown = asked_for(box, ada)
    _, other = asked_for(box, ada)

    links.revoke_link(box, link.id)

    assert refused(box, shown)
    assert links.opened(box, other)
    with pytest.raises(NotFound):
        links.revoke_link(box, link.id)
    with pytest.raises(NotFound):
        links.job_of(box, link.id)


def test_a_link_made_on_request_ends_with_its_file_and_its_row_with_it(tmp_path, clock):
    with opened_box(tmp_path, clock=clock, storage__outputs_days=1.0) as box:
        link, shown = asked_for(box, move_in(box).ada, timedelta(days=3))
        kept_until = clock.now() + timedelta(days=1)
        assert link.link.expires_at <= kept_until
        assert links.remove_ended(box) == 0

        clock.step(days=1)

        assert refused(box, shown)
        assert links.remove_ended(box) == 1


def test_an_output_that_goes_takes_its_links_along(box, ada):
    _, shown = asked_for(box, ada)
    with box.db.transaction() as tx:
        tx.run("DELETE FROM output")

    assert box.db.rows("SELECT * FROM link") == []
    assert refused(box, shown)


def test_an_output_that_just_went_gets_no_link(box, ada):
    job = reading.job_by_id(box, completed(box, ada.actor).id)
    with box.db.transaction() as tx:
        tx.run("DELETE FROM output")

    with pytest.raises(NotFound):
        links.make_link(box, job, job.outputs[0], links.LinkWish(timedelta(hours=1)))
