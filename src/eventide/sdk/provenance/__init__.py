"""Where a run comes from: git, command, Python and its packages, host, GPUs, launcher, user.

Invariant: nothing here changes anything it looks at, secrets are taken out before anything is stored, and what cannot be found out
is left out without an error.
"""
