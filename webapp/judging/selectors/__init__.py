"""Reads that other apps share, each with its query cost."""
