"""Torch layers, one kind a file.

Each file imports torch alone and can be read, copied and run by itself: an exported network carries the
text of the files it uses.
"""
