"""One folder a method; ``searchengine.catalogue`` finds every folder with a ``spec.py``."""
