"""Bring journals and objects from one store to another, over HTTP: bytes by offset, objects by hash.

Invariant: the journal is the buffer. What was logged is on the disk before it is sent, and what the other side has is asked of the other
side; so nothing is lost or doubled, whoever is killed or restarted, and however often something is sent.
"""
