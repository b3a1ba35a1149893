"""Several hub nodes on the same data: tables in a bucket, what is not sealed yet in PostgreSQL.

Each node has a local store, which is a mirror: it can be deleted at any time. Invariant: what was acknowledged is in PostgreSQL or in the
bucket's tables before the acknowledgement goes out, so that any node can go on where another stopped.
"""
