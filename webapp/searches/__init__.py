"""Search runs: rows, steps, work, live frames and the verbs people use."""
