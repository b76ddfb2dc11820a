"""Neural Search-space Evolution: the space that is searched evolves with what the search finds in it."""
