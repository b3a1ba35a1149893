"""What lives in the training script: runs, their config and summary, and how they begin and end.

`session` begins runs and ends them with the process, `run` is one of them, `values` and `config` take what people log, `guard` keeps
the environment's failures out of the training loop, `pulse` says that the process lives, `launch` and `resume` find out which run it
belongs to, `exits` learns how the process ends.
Invariant: nothing here imports more than the standard library and orjson before the user hands over something that needs it.
"""
