from __future__ import annotations

import pytest

from appliance.core.errors import InvalidInput
from appliance.services.webhooks import endpoints, log, own
from appliance.services.webhooks.endpoints import EndpointChange, Status
from appliance.services.webhooks.own import Own, OwnChange
from tests.support.box import completed

URL = "https://hooks.example/a"


def test_an_account_that_set_nothing_has_nothing(box, ada):
    assert own.own(box, ada.account) == Own(url=None, all_jobs=False)
    assert endpoints.list_endpoints(box, ada.account) == []


def test_the_secret_is_shown_the_first_time_only(box, ada):
    first = own.change_own(box, ada.account, OwnChange(URL))
    again = own.change_own(box, ada.account, OwnChange("https://hooks.example/b"))

    assert first.secret
    assert first.secret.startswith("whsec_")
    assert again == Own("https://hooks.example/b", all_jobs=False)
    assert own.own(box, ada.account) == again


def test_a_secret_that_a_job_was_first_to_need_is_shown_the_first_time_too(box, ada):
    completed(box, ada.actor, family="product", webhook=URL)
    (kept,) = box.db.rows("SELECT secret FROM endpoint")

    shown = own.change_own(box, ada.account, OwnChange())

    assert shown == Own(None, all_jobs=False, secret=kept[0])


def test_what_is_not_named_stays(box, ada):
    own.change_own(box, ada.account, OwnChange(URL, all_jobs=True))

    assert own.change_own(box, ada.account, OwnChange()) == Own(URL, all_jobs=True)
    assert own.change_own(box, ada.account, OwnChange(all_jobs=False)) == Own(URL, all_jobs=False)


def test_an_empty_url_takes_it_away_with_what_is_on_its_way(box, ada):
    own.change_own(box, ada.account, OwnChange(URL))
    completed(box, ada.actor, family="studio", webhook="https://hooks.example/job")

    assert own.change_own(box, ada.account, OwnChange("")).url is None

    states = dict(box.db.rows("SELECT coalesce(url, ''), state FROM delivery"))
    assert states == {"": "failed", "https://hooks.example/job": "pending"}


def test_a_url_that_may_not_be_asked_is_refused_under_the_familys_name_for_it(box, ada):
    with pytest.raises(InvalidInput) as refused:
        own.change_own(box, ada.account, OwnChange("https://10.0.0.1/"))

    assert refused.value.field == "webhookUrl"
    assert endpoints.list_endpoints(box, ada.account) == []


def test_it_is_among_the_accounts_endpoints_and_given_a_url_active_again(box, ada):
    own.change_own(box, ada.account, OwnChange(URL))
    (found,) = endpoints.list_endpoints(box, ada.account)
    disabled = EndpointChange(status=Status.DISABLED)
    endpoints.change_endpoint(box, ada.account, found.id, disabled)

    own.change_own(box, ada.account, OwnChange(URL))

    (found,) = endpoints.list_endpoints(box, ada.account)
    assert (found.family, found.url, found.status) == ("studio", URL, Status.ACTIVE)
    assert log.send_test(box, ada.account, found.id).kind == "webhook.test"
