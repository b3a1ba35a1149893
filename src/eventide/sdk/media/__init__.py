"""Media of a run: pictures, sound, films, texts, tables, histograms, figures, graphs and files, stored once by content.

`kinds` holds the public classes, `recognise` says what a plain value becomes, `queue` encodes away from the training thread, and a
module per kind turns it into bytes. Invariant: what a record of kind `media` names is in the object store before the record is written.
"""
