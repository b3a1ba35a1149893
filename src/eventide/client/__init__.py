"""Ask a server instead of a folder: the same questions, over HTTP.

Invariant: an answer that came over the wire equals the one the server's own source gave, types included.
"""
