"""REST over services and selectors: version 1, described by OpenAPI."""
