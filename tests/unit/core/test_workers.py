from __future__ import annotations

import pytest

from appliance.core.workers import Station, gpu_of, stations, visible


def test_the_first_worker_has_the_names_of_the_only_one():
    first, second = stations((2, 5))

    assert (first.first, first.name, first.bell, first.lane) == (
        *(True, "worker", "worker.sock", "heavy"),
    )
    assert (second.first, second.name, second.bell, second.lane) == (
        *(False, "worker-5", "worker-5.sock", "heavy-5"),
    )


@pytest.mark.parametrize("gpu", [0, 7, 12])
def test_a_run_says_its_gpu(gpu):
    assert gpu_of(Station(gpu).boot("01ARZ3NDEKTSV4RRFFQ69G5FAV")) == gpu


@pytest.mark.parametrize("boot", [None, "", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "boot-1", "12", "-1"])
def test_a_run_of_another_name_says_none(boot):
    assert gpu_of(boot) is None


@pytest.mark.parametrize(
    ("gpu", "shown", "sees"),
    [
        (0, None, "0"),
        (3, None, "3"),
        (0, "2,3", "2"),
        (1, "2, 3", "3"),
        (1, "GPU-aa,GPU-bb", "GPU-bb"),
        (3, "3", "3"),
        (0, "", ""),
        (1, "-1", "-1"),
    ],
)
def test_a_worker_sees_its_gpu_alone_counted_among_those_it_may_see(gpu, shown, sees):
    assert visible(gpu, shown) == sees
