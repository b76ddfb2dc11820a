"""Version 1. What it answers never changes its meaning; new fields may come."""
