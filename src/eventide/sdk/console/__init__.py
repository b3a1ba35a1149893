"""What a run prints, kept beside its rows.

Invariant: the user sees exactly what there would be to see without it, first; and nothing that goes wrong here reaches the script.
"""
