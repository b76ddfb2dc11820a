"""What the preparer does when it is rung for a judgement."""

from webapp.config.celery import app
from webapp.judging.services.judge import judge as judge_one
from webapp.searches import bells


@app.task(name=bells.JUDGE)
def judge(judgement_id: int) -> None:
    """Open the test part for one judgement."""
    judge_one(judgement_id)
