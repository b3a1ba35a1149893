"""SQL: an in-memory DuckDB over the store that can only read.

`view` makes the views, `catalog` hands it their inputs, `statement` decides what may run, `engine` runs it.
Invariant: nothing outside the store's tables can be reached, and nothing at all can be written.
"""
