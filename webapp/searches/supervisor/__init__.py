"""A slot of a worker: takes evaluations, watches one training process, writes results. Loads no torch."""
