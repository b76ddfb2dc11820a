"""Verbs: ask, judge, take back."""
