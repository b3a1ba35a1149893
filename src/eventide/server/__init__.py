"""The server: a Source over HTTP and WebSocket, and the page that is read in a browser.

Invariant: it asks a Source and nothing else, changes nothing on GET, and never makes a writer wait.
"""
