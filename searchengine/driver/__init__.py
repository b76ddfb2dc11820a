"""A search run step by step: results in, jobs out. The command line and the web product drive the same
step."""

from searchengine.core.budget import Budget
from searchengine.driver.control import control_plan, planned_evaluations
from searchengine.driver.plan import Plan, make_plan
from searchengine.driver.recipes import is_calibrated, recipe_at_launch, takes_measured
from searchengine.driver.step import Step, start, step
from searchengine.driver.telling import Telling

__all__ = [
    "Budget",
    "Plan",
    "Step",
    "Telling",
    "control_plan",
    "is_calibrated",
    "make_plan",
    "planned_evaluations",
    "recipe_at_launch",
    "start",
    "step",
    "takes_measured",
]
