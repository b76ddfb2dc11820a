"""A network described once, in pure Python: a static graph of typed layers with shapes and widths.

From one :class:`~searchengine.architecture.graph.Architecture` follow parameters, multiply-adds, activation
memory, the drawing, the difference of parent and child, the torch network (``searchengine.nets``), the
readable source (``searchengine.export``), the channel groups and the networks of other widths.
Nothing here imports torch.
"""
