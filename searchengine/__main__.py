"""``python -m searchengine``: the same search without a browser."""

import sys

from searchengine.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
