"""Found networks packed as files that run without Evoscope."""
