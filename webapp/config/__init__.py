"""Settings, one integration a file."""
