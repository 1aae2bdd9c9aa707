from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from appliance.core.ids import (
    JobId,
    JobReference,
    as_uuid,
    from_uuid,
    job_name,
    job_reference,
    job_uuid,
    new_id,
    new_ulid,
    output_reference,
)

jobs = st.integers(0, 2**128 - 1).map(lambda number: JobId(str(ULID.from_int(number))))


@given(jobs)
def test_a_job_is_found_again_by_its_ulid_and_its_uuid(job):
    assert job_reference(job_name(job)) == JobReference(id=job)
    assert job_reference(job) == JobReference(id=job)
    assert job_reference(job_uuid(job)) == JobReference(id=job)


@given(jobs)
def test_names_of_jobs_may_be_written_in_either_case(job):
    assert job_reference(job.lower()) == JobReference(id=job)
    assert job_reference(job_uuid(job).upper()) == JobReference(id=job)


@given(jobs)
def test_the_uuid_holds_the_same_128_bits(job):
    assert UUID(job_uuid(job)).int == int(ULID.from_str(job))


@given(st.integers(0, 2**53 - 1))
def test_a_job_is_found_again_by_its_number(number):
    assert job_reference(str(number)) == JobReference(number=number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "job_",
        "-1",
        "1.5",
        "٣",
        str(2**53),
        "9" * 400,
        "job_01ARZ3NDEKTSV4RRFFQ69G5FAU",
        "81ARZ3NDEKTSV4RRFFQ69G5FAV",
        "01ARZ3NDEKTSV4RRFFQ69G5FA",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV\n",
        "../01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "upl_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "550e8400e29b41d4a716446655440000",
        "\ud800",
    ],
)
def test_what_is_none_of_the_three_forms_names_no_job(text):
    assert job_reference(text) is None


@given(st.text(max_size=60))
def test_any_text_at_all_may_be_asked_about(text):
    found = job_reference(text)

    assert found is None or (found.id is None) != (found.number is None)


@given(jobs, st.integers(0, 999))
def test_an_output_is_named_by_its_job_and_its_place(job, index):
    assert output_reference(f"{job_name(job)}/{index}") == (JobReference(id=job), index)
    assert output_reference(f"{job_uuid(job)}/{index}") == (JobReference(id=job), index)
    assert output_reference(f"42/{index}") == (JobReference(number=42), index)


@pytest.mark.parametrize("text", ["", "42", "42/", "/0", "42/-1", "42/1000", "nonsense/0", "42/0/"])
def test_what_is_no_output_name_is_told_apart(text):
    assert output_reference(text) is None


def test_fresh_ids_differ_and_carry_their_prefix():
    ids = {new_id("upl") for _ in range(1000)}

    assert len(ids) == 1000
    assert all(re.fullmatch(r"upl_[0-9A-HJKMNP-TV-Z]{26}", each) for each in ids)
    assert len(new_ulid()) == 26


@given(jobs)
def test_any_prefixed_id_may_be_written_as_a_uuid_and_read_back(ulid):
    assert from_uuid("key", as_uuid(f"key_{ulid}")) == f"key_{ulid}"
    assert from_uuid("key", as_uuid(f"key_{ulid}").upper()) == f"key_{ulid}"


@pytest.mark.parametrize("text", ["", "key_01ARZ3NDEKTSV4RRFFQ69G5FAV", "sa_live_a1B2", "x" * 36])
def test_what_is_no_uuid_stays_as_it_is(text):
    assert from_uuid("key", text) == text


def test_fresh_ulids_are_ulids_of_now_in_order():
    before = time.time()
    made = [new_ulid() for _ in range(5000)]  # many of one millisecond

    assert made == sorted(set(made))
    assert all(ULID.from_str(each).timestamp >= int(before * 1000) / 1000 for each in made)


def test_ulids_of_several_threads_are_all_different():
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(lambda _: [new_ulid() for _ in range(500)], range(8))]

    assert len({each for some in made for each in some}) == 4000
    assert all(some == sorted(some) for some in made)
