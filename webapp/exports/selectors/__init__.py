"""Reads that pages and the API share, each with its query cost."""
