"""The science of Evoscope: evolutionary search of vision models, without a web server.

A whole search runs from the command line (``python -m searchengine``); the web product drives the same
objects one step at a time. Nothing here imports Django.
"""

__version__ = "0.1.0"
