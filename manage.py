#!/usr/bin/env python
"""Django's entry: finds the embedded servers of EVOSCOPE_VAR, or starts the database for its own length."""

import os
import sys


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.config.settings")
    from webapp.operations.commands import run

    run(sys.argv)


if __name__ == "__main__":
    main()
