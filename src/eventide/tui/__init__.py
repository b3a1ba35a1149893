"""The terminal UI: runs, one run, comparisons, charts and SQL on a terminal, live, over a Source and nothing else.

Invariant: no server and no port is needed; nothing that was logged reaches the terminal but through `safe`.
"""
