"""Other trackers' names on Eventide's core: an old script runs with one import changed.

Invariant: translation only; whatever a module here does is done by the packages below it.
"""
