"""A found network as files that run without this project: readable source, weights, ONNX, and where it came
from.

``source`` and everything it needs is pure text and loads no torch; ``bundle`` writes a folder, ``check``
tries it out in a clean process.
"""
