"""What the preparer does when it is rung for an export."""

from webapp.config.celery import app
from webapp.exports.services.write_export import write_export as write
from webapp.searches import bells


@app.task(name=bells.WRITE_EXPORT)
def write_export(export_id: int) -> None:
    """Write and check one export."""
    write(export_id)
