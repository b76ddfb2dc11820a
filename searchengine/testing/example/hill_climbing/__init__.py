"""Hill climbing over width and depth: the smallest whole method, an example to start from."""
