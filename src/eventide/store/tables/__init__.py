"""Sealed tables: Delta Lake, exactly once, and everything that keeps a store in shape.

`seal` commits journal bytes, `sealed` and `coverage` read what is committed, `compact`, `retention`, `purge` and `garbage` free space,
`verify` and `repair` look after it. Invariant: a record is in the tables at most once, and no journal goes before its records are there.
"""
