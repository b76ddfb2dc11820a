"""What the preparer does when it is rung for a data set."""

from typing import Any

from celery.signals import worker_ready

from webapp.config.celery import PREPARE, app
from webapp.datasets.services.calibrate import calibrate
from webapp.datasets.services.prepare import prepare
from webapp.searches import bells


@app.task(name=bells.PREPARE_DATASET)
def prepare_dataset(dataset_id: int) -> None:
    """Prepare one data set; data of a new size is timed after what waits already."""
    if prepare(dataset_id):
        bells.ring_calibration()


@app.task(name=bells.CALIBRATE)
def time_recipes() -> None:
    """Time recipes for data of sizes that are new to this machine."""
    calibrate()


@worker_ready.connect
def _begin(sender: Any, **_: Any) -> None:
    """A preparer that starts looks whether its machine is a new one."""
    if PREPARE in sender.app.amqp.queues.consume_from:
        bells.ring_calibration()
