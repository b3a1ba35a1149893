"""The journal: the only way to write.

A run's journal is a set of append-only JSON Lines files, *parts*, each written by one process and never by another.
`records` names the kinds of record, `codec` turns values into JSON and back, `writer` appends, `reader` follows.
Invariant: a record whose write has returned is never changed, by nobody; a torn last line is ignored until it is whole.
"""
