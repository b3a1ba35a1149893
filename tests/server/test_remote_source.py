"""RemoteSource keeps the Source contract, over a real server."""

from __future__ import annotations

from pathlib import Path

from eventide.client.source import RemoteSource
from eventide.server.app import make_app
from eventide.server.auth import TokenGate
from eventide.server.serving import Server, bind
from eventide.store.local import LocalSource
from eventide.testing import SourceContract


class _Served(RemoteSource):
    """A client that ends its server with itself."""

    def __init__(self, root: Path) -> None:
        self._source = LocalSource(root)
        self._server = Server(make_app(self._source, gate=TokenGate("secret")), bind("127.0.0.1", 0))
        self._server.start()
        super().__init__(self._server.place.url, token="secret")  # noqa: S106 - of this test

    def close(self) -> None:
        """End both."""
        super().close()
        self._server.stop()
        self._source.close()


class TestRemote(SourceContract):
    """Every question goes over HTTP, with a token."""

    def open_source(self, root: Path) -> RemoteSource:
        """Serve the store and open the address."""
        return _Served(root)
