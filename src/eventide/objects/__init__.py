"""Content-addressed bytes: whatever is too large or too odd for a line of the journal.

`base` says what an object store can do, `local` keeps it in files.
Invariant: an object is named by the SHA-256 of its bytes, is complete when it can be seen, and never changes.
"""
