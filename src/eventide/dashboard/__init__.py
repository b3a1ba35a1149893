"""The dashboard: runs to sort, filter, draw and export in the browser, made with Streamlit (extra `dashboard`).

`serve` starts it, `page` is what it shows, `app` is the script that Streamlit runs.
Invariant: it listens on this machine alone, sends nothing anywhere, and changes nothing in a store.
"""
