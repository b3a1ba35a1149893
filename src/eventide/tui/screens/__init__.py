"""The screens of the terminal UI, one module each.

Invariant: a screen asks its Source in the background only, so that no key ever waits for the disk or the network.
"""
