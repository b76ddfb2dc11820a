"""What experiments on claims share: whole searches, trainings outside a search, and judging on test."""
