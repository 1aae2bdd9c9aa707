from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.core import errors
from appliance.services.access import plans
from appliance.services.jobs.admission import admit
from tests.support.box import Paint, alive, ask, opened_box, put_model, submit
from tests.support.personas import move_in


@pytest.fixture
def boxes(tmp_path, clock):
    """A box with plans of its own, and its Ada on the plan `small`."""
    with opened_box(
        tmp_path,
        clock=clock,
        aliases__dear="oil",
        plans__small__operations=["test.*", "!test.send"],
        plans__small__models=["*", "!dear", "!gold"],
        plans__small__limits__concurrent_jobs=2,
    ) as box:
        alive(box)
        put_model(box, "gold")
        put_model(box, "oil")
        yield box, replace(move_in(box).ada.actor, plan="small")


def test_an_operation_outside_the_plan_is_refused_and_leaves_nothing(boxes):
    box, actor = boxes

    with pytest.raises(errors.Forbidden, match=r"'small' does not include test\.send") as caught:
        admit(box, ask(actor, "test.send"))

    assert caught.value.details == {"plan": "small", "outside": "test.send"}
    assert box.db.rows("SELECT id FROM job") == []
    assert submit(box, actor, "test.card")


@pytest.mark.parametrize("name", ["gold", "dear"])
def test_a_model_outside_the_plan_is_refused_by_its_id_and_by_the_name_asked_for(boxes, name):
    box, actor = boxes

    with pytest.raises(errors.Forbidden, match=f"the model {name}"):
        admit(box, ask(actor, "test.paint", params=Paint("a kettle"), model=name))

    assert submit(box, actor, "test.paint", params=Paint("a kettle"), model="oil")


def test_what_the_free_plan_lacks_creator_has(box, ada):
    free, creator = (replace(ada.actor, plan=name) for name in ("free", "creator"))

    with pytest.raises(errors.Forbidden):
        plans.check_operation(box, free, "voice.clone")
    plans.check_operation(box, free, "voice.speak")
    plans.check_operation(box, creator, "voice.clone")


@pytest.mark.parametrize("plan", ["free", "creator"])
def test_only_enterprise_makes_keys_by_api(box, ada, plan):
    plans.check_keys_by_api(box, ada.actor)

    with pytest.raises(errors.Forbidden):
        plans.check_keys_by_api(box, replace(ada.actor, plan=plan))


def test_a_plan_that_config_lost_lets_nothing_through_and_says_so(box, ada):
    with pytest.raises(errors.Forbidden, match="no longer in"):
        admit(box, ask(replace(ada.actor, plan="gone")))


def test_a_plan_is_named_as_config_has_it(box):
    assert plans.known(box, "free") == "free"
    for bad in ("Free", "", None, 5, ["free"]):
        with pytest.raises(errors.InvalidInput, match="free, creator, enterprise") as caught:
            plans.known(box, bad)
        assert caught.value.field == "plan"


def test_a_plans_limit_stands_before_that_of_everybody(boxes):
    box, _ = boxes

    assert plans.limit(box, "small", "concurrent_jobs") == 2
    assert plans.limit(box, "creator", "concurrent_jobs") == 0
    assert plans.limit(box, "free", "tools_an_hour") == 60
    assert plans.limit(box, "enterprise", "tools_an_hour") == 0
    assert plans.limit(box, "gone", "generation") == box.settings.rates.generation
