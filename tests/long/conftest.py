"""The fixtures of the live tests, at the length of the long ones."""

from tests.live.conftest import live_root, new_stack

__all__ = ["live_root", "new_stack"]
