"""The command line: one verb, one file.

`main` starts, `program` finds the verb and reports errors, `options` takes the options that every verb has, `output` writes data
in the format asked for, `selectors` turns what people type into runs.
Invariant: stdout carries data and nothing else; a verb loads only what it needs, so `--help` and `runs` stay quick.
"""
