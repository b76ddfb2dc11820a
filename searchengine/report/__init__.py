"""What a page, a command line or a report shows of a search, as named tuples.

Pure Python and numpy: no plotting library, no torch, no queries. Every function takes a
:class:`~searchengine.report.history.RunHistory` or an architecture and is the same for equal input.
"""
