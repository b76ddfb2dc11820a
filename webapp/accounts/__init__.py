"""People, teams, roles, tokens, and the record of who changed what."""
