"""Rows and curves as Arrow and numpy, from journals and sealed files alike.

`arrow` turns journal bytes into tables, `columns` names them, `tail` remembers what is not sealed, `reading` puts sealed and live rows
together, `points` and `series` make curves. Invariant: what is read live and what is read sealed is the same.
"""
