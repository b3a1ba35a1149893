"""The run filter: text to tree (`grammar`, `tree`), tree to SQL over the index (`filters`, `compiler`, `expressions`), and completion.

Invariant: no text of a caller becomes SQL or code; it becomes a tree, and the tree becomes parameters.
"""
