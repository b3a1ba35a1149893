"""The verbs, one file per verb or family of verbs.

Invariant: a module here holds the commands that `verbs.VERBS` lists for it, and is imported only when one of them is called.
"""
