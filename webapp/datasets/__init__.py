"""Stored data sets: what was imported, its fingerprint, how its preparation went."""
