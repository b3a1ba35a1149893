"""A server on a socket: where it listens, what it prints, how it ends.

Invariant: what others than this machine can reach asks for a token, unless its owner has said in so many words that it shall not.
"""

from __future__ import annotations

import errno
import secrets
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from eventide.errors import EventideError, InvalidSetting
from eventide.server.guard import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp

DEFAULT_PORT = 8642
TRIES = 20
"""Ports after the default one that are tried when it is taken."""
MAX_CONNECTIONS = 1_000
MAX_SOCKET_MESSAGE_BYTES = 256 * 1024
STOP_S = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens."""

    host: str
    port: int
    scheme: str = "http"

    @property
    def url(self) -> str:
        """Address for a browser on this machine, or on another where others are let in."""
        host = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(self.host, self.host)  # noqa: S104 - compared with
        return f"{self.scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


def check_reach(host: str, token: str | None, *, without_token: bool) -> None:
    """Raise InvalidSetting for a server that anybody could reach and use."""
    if not is_loopback(host) and not token and not without_token:
        raise InvalidSetting(
            f"a server on `{host}` can be reached from other machines, and would let everybody read and change the store",
            hint="eventide serve --host HOST --token auto, or --let-everybody-in",
        )


def new_token() -> str:
    """Return a fresh token."""
    return secrets.token_urlsafe(24)


def bind(host: str, port: int | None) -> socket.socket:
    """Return a listening socket; without a port the default one or, where that is taken, the next that is free.

    Raises:
        InvalidSetting: the port is taken, or there is no such address.
    """
    ports: Iterable[int] = [port] if port is not None else [*range(DEFAULT_PORT, DEFAULT_PORT + TRIES), 0]
    for each in ports:
        try:
            return _listening(host, each)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and port is None:
                continue
            why = error.strerror or str(error)
            hint = "leave out --port to take a free one" if error.errno == errno.EADDRINUSE else "--host 127.0.0.1"
            raise InvalidSetting(f"cannot listen on `{host}:{each}`: {why}", hint=hint) from error
    raise AssertionError  # port 0 is always free


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(512)
    except OSError:
        found.close()
        raise
    return found


def _check_certificate(cert: str | None, key: str | None) -> None:
    """Raise InvalidSetting unless certificate and key fit, or neither is given."""
    if cert is None and key is None:
        return
    import ssl  # noqa: PLC0415 - only with TLS

    if cert is None:
        raise InvalidSetting("a key needs its certificate", hint="--cert FILE --key FILE")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSetting(f"certificate `{cert}` and key `{key}` cannot be used: {error}") from error


class Server:
    """One server, run in the calling thread or beside it."""

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        *,
        root_path: str = "",
        cert: str | None = None,
        key: str | None = None,
        proxies: Iterable[str] = (),
    ) -> None:
        """Prepare to serve.

        Args:
            app: what answers.
            listening: where, see `bind`.
            root_path: what a proxy puts in front of every path.
            cert: file of the certificate for TLS; None: no TLS.
            key: file of its key.
            proxies: addresses whose forwarded headers are believed; nobody else's are.

        Raises:
            InvalidSetting: certificate and key cannot be used.
        """
        self._socket = listening
        host, port = listening.getsockname()[:2]
        self.place = Place(host, port, "https" if cert else "http")
        trusted = list(proxies)
        _check_certificate(cert, key)
        config = uvicorn.Config(
            app,
            root_path=root_path,
            access_log=False,
            log_level="warning",
            log_config=None,
            lifespan="on",
            loop="asyncio",
            http="h11",
            ws="websockets-sansio",
            ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=STOP_S,
            server_header=False,
            date_header=True,
            proxy_headers=bool(trusted),
            forwarded_allow_ips=trusted or None,
            ssl_certfile=cert,
            ssl_keyfile=key,
            h11_max_incomplete_event_size=64 * 1024,
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def run(self, ready: Callable[[], Any] | None = None) -> None:
        """Serve until it is told to end (Ctrl-C, SIGTERM); `ready` is called once it answers."""
        if ready is not None:
            threading.Thread(target=self._when_ready, args=(ready,), name="eventide-ready", daemon=True).start()
        try:
            self._server.run(sockets=[self._socket])
        except KeyboardInterrupt:  # uvicorn raises the signal again once it has ended
            pass
        finally:
            self._socket.close()

    def _when_ready(self, ready: Callable[[], Any]) -> None:
        waited = threading.Event()
        while not self._server.started and not self._server.should_exit:
            waited.wait(0.01)
        if self._server.started:
            ready()

    def start(self) -> None:
        """Serve in a thread, and return once it answers.

        Raises:
            EventideError: it does not start.
        """
        self._thread = threading.Thread(target=self.run, name="eventide-server", daemon=True)
        self._thread.start()
        waited = threading.Event()
        while not self._server.started:
            if not self._thread.is_alive():
                raise EventideError("the server did not start")
            waited.wait(0.005)

    def stop(self) -> None:
        """End serving, and wait for it."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(timeout=STOP_S + 5)
