"""The local store: journals, sealed tables, index, and the answers made of them.

The only home of DuckDB, Delta Lake and Arrow. Invariant: journals and sealed tables are the only truth; whatever else this layer
keeps can be deleted at any time and comes back the same.
"""
