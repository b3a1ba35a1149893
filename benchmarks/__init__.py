"""What Eventide costs and how quick it is, measured: `python -m benchmarks [NAME ...] [--quick]`.

One module per subject; each has `rows(scale)`, which measures and returns lines of the table. A measurement that has a floor
(the same work done by hand) runs both in turns, so that a busy machine slows both alike.
"""
