"""A process that waits for bells."""

import os
import subprocess
import sys

from webapp.config.var import HOME

SETUP = """
import sys
import django
django.setup()
from celery.apps.worker import Worker
from webapp.config.celery import CONTROL
from webapp.operations.bells import listen
Worker.start = lambda self: print("begins", "webapp.config.urls" in sys.modules)
listen(CONTROL, "steward")
"""


def test_it_loads_no_page() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SETUP], cwd=HOME, env=os.environ, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["begins", "False"]
