"""Ask a store from Python: rows that feel like pandas, cards that read well in a notebook.

`open()` gives a `Store`, which wraps any Source; `Store.run()` gives a `RunView`. Fields, value formatting and the choice of the
columns worth showing live here too, because the command line shows the same.
Invariant: nothing here reads a file of the store itself, and pandas, polars, Arrow and numpy are imported only when a frame is made.
"""
