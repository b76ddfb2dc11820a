"""What the preparer does when it is rung for a data set."""

from webapp.config.celery import app
from webapp.datasets.services.prepare import prepare
from webapp.searches import bells


@app.task(name=bells.PREPARE_DATASET)
def prepare_dataset(dataset_id: int) -> None:
    """Prepare one data set."""
    prepare(dataset_id)
