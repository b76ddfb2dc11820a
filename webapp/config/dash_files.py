"""Dash's own files, found where they are installed.

The finders that django-plotly-dash brings fail when no pattern to ignore is given, which is how
WhiteNoise asks.
"""

from collections.abc import Iterable
from typing import Any

from django_plotly_dash import finders


class DashAssetFinder(finders.DashAssetFinder):
    def list(self, ignore_patterns: Iterable[str] | None) -> Any:
        return super().list(list(ignore_patterns or ()))


class DashComponentFinder(finders.DashComponentFinder):
    def list(self, ignore_patterns: Iterable[str] | None) -> Any:
        return super().list(list(ignore_patterns or ()))


class DashAppDirectoryFinder(finders.DashAppDirectoryFinder):
    def list(self, ignore_patterns: Iterable[str] | None) -> Any:
        return super().list(list(ignore_patterns or ()))
