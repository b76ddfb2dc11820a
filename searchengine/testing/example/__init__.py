"""Folders of methods to try the seams with: set ``EVOSCOPE_METHODS_PATH`` to this folder, or copy one."""
