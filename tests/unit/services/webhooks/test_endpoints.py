from __future__ import annotations

import pytest

from appliance.core.errors import Conflict, InvalidInput, NotFound
from appliance.core.webhooks import EVENTS
from appliance.services import events
from appliance.services.webhooks import endpoints, log, own
from appliance.services.webhooks.endpoints import EndpointChange, EndpointWish, Status
from appliance.services.webhooks.log import DeliveryState
from appliance.services.webhooks.own import OwnChange
from tests.support.box import completed

URL = "https://hooks.example/a"


def make(box, persona, **wish):
    return endpoints.create_endpoint(box, persona.account, EndpointWish(**{"url": URL} | wish))


def change(box, persona, endpoint, **what):
    return endpoints.change_endpoint(box, persona.account, endpoint, EndpointChange(**what))


def test_an_endpoint_is_made_with_a_secret_of_its_own(box, ada, clock):
    one, other = make(box, ada), make(box, ada)

    found = endpoints.find_endpoint(box, ada.account, one.endpoint.id)

    assert found == one.endpoint
    assert (found.url, found.events, found.filter, found.family) == (URL, EVENTS, {}, "jobs")
    assert (found.status, found.reason, found.created_at) == (Status.ACTIVE, None, clock.now())
    assert found.id.startswith("wh_")
    assert one.secret != other.secret


@pytest.mark.parametrize(
    "url",
    [
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "http://hooks.example/",
        "https://hooks.example:8188/",
        "ftp://hooks.example/",
        "nonsense",
        "",
    ],
)
def test_a_url_that_may_not_be_asked_is_refused_and_nothing_kept(box, ada, url):
    with pytest.raises(InvalidInput) as refused:
        make(box, ada, url=url)

    assert refused.value.field == "url"
    assert endpoints.list_endpoints(box, ada.account) == []


def test_an_account_has_so_many_endpoints_and_its_own_does_not_count(box, ada, cyd):
    own.change_own(box, ada.account, OwnChange(URL))
    for _ in range(3):
        make(box, ada)

    with pytest.raises(Conflict):
        make(box, ada)

    make(box, cyd)


def test_they_are_listed_newest_first_page_by_page(box, ada):
    ids = sorted((make(box, ada).endpoint.id for _ in range(3)), reverse=True)

    first = endpoints.list_endpoints(box, ada.account, limit=2)
    rest = endpoints.list_endpoints(box, ada.account, limit=2, cursor=first[-1].id)

    assert [each.id for each in first + rest] == ids


@pytest.mark.parametrize(
    "do",
    [
        endpoints.find_endpoint,
        endpoints.delete_endpoint,
        endpoints.rotate_secret,
        log.send_test,
        lambda box, account, id_: endpoints.change_endpoint(
            box, account, id_, EndpointChange(description="mine")
        ),
    ],
)
def test_a_strangers_endpoint_is_not_there(box, ada, cyd, do):
    made = make(box, ada)

    with pytest.raises(NotFound):
        do(box, cyd.account, made.endpoint.id)

    assert endpoints.find_endpoint(box, ada.account, made.endpoint.id) == made.endpoint


def test_what_is_not_named_stays_as_it_was(box, ada):
    made = make(box, ada, events=("job.failed",), filter={"type": ["image"]}, description="mine")

    changed = change(box, ada, made.endpoint.id, description="yours")

    assert (changed.url, changed.events) == (URL, ("job.failed",))
    assert (changed.filter, changed.description) == ({"type": ["image"]}, "yours")


def test_all_of_it_may_be_changed(box, ada):
    made = make(box, ada)

    changed = change(
        box,
        ada,
        made.endpoint.id,
        url="https://hooks.example/b",
        events=("job.completed",),
        filter={"environment": ["live"]},
        status=Status.DISABLED,
    )

    assert (changed.url, changed.events) == ("https://hooks.example/b", ("job.completed",))
    assert (changed.filter, changed.status) == ({"environment": ["live"]}, Status.DISABLED)
    assert changed.reason


def test_a_change_to_a_url_that_may_not_be_asked_changes_nothing(box, ada):
    made = make(box, ada)

    with pytest.raises(InvalidInput):
        change(box, ada, made.endpoint.id, url="https://10.0.0.1/", description="new")

    assert endpoints.find_endpoint(box, ada.account, made.endpoint.id) == made.endpoint


def test_what_is_on_its_way_fails_when_an_endpoint_is_disabled(box, ada):
    made = make(box, ada)
    completed(box, ada.actor)

    change(box, ada, made.endpoint.id, status=Status.DISABLED)

    (left,) = log.list_deliveries(box, ada.account, made.endpoint.id, limit=9)
    assert (left.state, left.next_try_at) == (DeliveryState.FAILED, None)


def test_made_active_it_starts_anew(box, ada):
    made = make(box, ada)
    with box.db.transaction() as tx:
        tx.run("UPDATE endpoint SET failing_since = 1")
        endpoints.disable_part(tx, box, made.endpoint.id, "Every try failed.")

    changed = change(box, ada, made.endpoint.id, status=Status.ACTIVE)

    assert (changed.status, changed.reason, changed.failing_since) == (Status.ACTIVE, None, None)


def test_an_endpoint_that_is_disabled_for_failing_is_an_event_once(box, ada):
    made = make(box, ada)

    for _ in range(2):
        with box.db.transaction() as tx:
            endpoints.disable_part(tx, box, made.endpoint.id, "Every try failed.")

    (event,) = [
        each for each in events.latest(box, ada.actor, 9) if each.kind == "webhook.disabled"
    ]
    assert event.data == {"webhook": made.endpoint.id, "url": URL, "reason": "Every try failed."}


def test_a_deleted_endpoint_takes_its_log_along(box, ada):
    made = make(box, ada)
    completed(box, ada.actor)

    endpoints.delete_endpoint(box, ada.account, made.endpoint.id)

    assert endpoints.list_endpoints(box, ada.account) == []
    assert box.db.row("SELECT count(*) FROM delivery") == (0,)


def test_rotated_the_secret_is_another_one_and_the_old_one_signs_a_day_longer(box, ada, clock):
    made = make(box, ada)

    again = endpoints.rotate_secret(box, ada.account, made.endpoint.id)

    assert again.secret != made.secret
    assert again.endpoint.old_until is not None
    assert (again.endpoint.old_until - clock.now()).total_seconds() == 24 * 3600
