"""Random search: the control every method must beat at equal cost."""
