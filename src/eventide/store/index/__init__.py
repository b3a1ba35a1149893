"""The index: what is known about runs, kept in a rebuildable SQLite file.

`scan` finds parts, `advance` folds what is new (`fold`, `fold_arrow`, `facts`, `sealed_fold`), `settle` says what a run is, `queries`
and `relations` answer. Invariant: nothing here is truth; journals and tables are.
"""
