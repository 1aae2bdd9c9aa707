from __future__ import annotations

import pickle

import pytest

from appliance.core import errors
from appliance.core.errors import ApplianceError, Interrupted, InvalidInput, all_errors

ours = [kind for kind in all_errors() if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", ours)
def test_an_error_crosses_a_process_boundary_whole(kind):
    sent = kind("Send less.", field="image", details={"limit": 3}, retry_after_s=7)

    came = pickle.loads(pickle.dumps(sent))

    assert type(came) is kind
    assert str(came) == came.message == "Send less."
    assert (came.field, came.details, came.retry_after_s) == ("image", {"limit": 3}, 7)


@pytest.mark.parametrize("kind", ours)
def test_every_error_says_when_it_happens_and_has_a_usable_status(kind):
    assert kind.__doc__
    assert 400 <= kind.status < 600
    assert kind.code == kind.code.lower()


@pytest.mark.parametrize("kind", ours)
def test_the_tree_at_the_top_of_the_file_names_every_error(kind):
    assert kind.__name__ in (errors.__doc__ or "").split()


def test_the_tree_at_the_top_of_the_file_names_nothing_else():
    named = {word for word in (errors.__doc__ or "").split("Bugs")[0].split() if word[0].isupper()}
    sentence = {"What", "One"}

    assert named - sentence == {kind.__name__ for kind in ours} | {"ApplianceError"}


def test_all_errors_lists_parents_before_their_children():
    found = list(all_errors())

    for kind in ours:
        for parent in kind.__mro__[1:]:
            if parent in found:
                assert found.index(parent) < found.index(kind)


def test_details_are_the_errors_own_copy():
    details = {"limit": 3}
    error = InvalidInput("Too many.", details=details)

    error.details["limit"] = 4

    assert details == {"limit": 3}


def test_what_comes_and_goes_may_be_retried_and_what_is_wrong_may_not():
    retryable = {kind.__name__ for kind in ours if kind.retryable}

    assert {"NoWorker", "QueueFull", "Busy", "StorageFull", "RateLimited"} <= retryable
    assert not {"InvalidInput", "ContentBlocked", "InsufficientCredits", "NotFound"} & retryable


def test_an_interruption_is_nothing_a_caller_is_told():
    assert not issubclass(Interrupted, ApplianceError)
