"""What stands beside a run: another method on its space, or the method itself without what it claims."""

from searchengine import catalogue
from searchengine.driver import make_plan
from searchengine.driver.control import control_plan, control_title
from searchengine.testing.data import TINY_CLIPS, TINY_FLOW
from searchengine.testing.rehearsal import Rehearsal


def test_a_control_by_another_method_searches_the_space_of_the_run():
    plan = make_plan("evanet", TINY_CLIPS, seed=1)
    beside = control_plan(plan)
    assert (beside.method, beside.params["space"]) == ("random_search", "evanet")
    assert control_title("evanet") == catalogue.method("random_search").title


def test_a_method_may_be_its_own_control_under_other_values():
    plan = make_plan("assemblenet", TINY_FLOW, seed=1, values={"rounds": 6, "population": 5})
    beside = control_plan(plan)
    assert beside.method == "assemblenet"
    differ = {name for name, value in beside.params.items() if plan.params[name] != value}
    assert differ == {"rewiring"}, "as many evaluations as the run"
    assert control_title("assemblenet") == "AssembleNet with rewiring random"
    other = control_plan(plan, control="random_search")
    assert (other.method, other.params["space"]) == ("random_search", "assemblenet")


def test_with_a_cost_it_may_take_more_rounds_and_stops_when_that_is_spent():
    plan = make_plan("assemblenet", TINY_FLOW, seed=1, values={"rounds": 6, "population": 5, "finalists": 0})
    run = Rehearsal(plan).run()
    spent = sum(job.cost for job in run.jobs if job.phase == "search" and job.reuse_of is None)
    beside = control_plan(plan, cost=spent)
    assert beside.params["rounds"] > plan.params["rounds"]
    control = Rehearsal(beside).run()
    costs = [job.cost for job in control.jobs if job.phase == "search" and job.reuse_of is None]
    assert sum(costs) >= spent > sum(costs[:-1])
    assert [b.key for b in control.births[:5]] == [b.key for b in run.births[:5]], "the same founders"
