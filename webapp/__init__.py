"""The product around the search engine: pages, rows, processes."""
