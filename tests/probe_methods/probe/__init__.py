"""A throw-away method for tests: it trains nothing, and misbehaves on request."""
