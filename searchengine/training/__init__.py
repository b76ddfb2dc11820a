"""Training and scoring of candidates: what runs inside a training process."""
