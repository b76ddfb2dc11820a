"""Pages of searches: parse, check permission, read or call one service, answer."""
