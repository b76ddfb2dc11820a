"""Networks without a genome: hand-made ones that searches and tests compare with."""

from searchengine.architecture.templates.i3d import i3d
from searchengine.architecture.templates.tiny import tiny

__all__ = ["i3d", "tiny"]
