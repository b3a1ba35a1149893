"""Something between browser and server, as a proxy is: it may let no WebSocket pass, and its line may be cut and mended.

Invariant: bytes pass unchanged; only the first request of a connection is looked at, which is where a WebSocket asks for its own.
"""

from __future__ import annotations

import contextlib
import socket
import threading

_END = b"\r\n\r\n"
_REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Between:
    """Passes connections on to a port of this machine."""

    def __init__(self, port: int, *, sockets: bool = True) -> None:
        """Begin to listen; without `sockets`, every WebSocket is refused."""
        self._port = port
        self._sockets = sockets
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_cut = False
        self._turned_away = threading.Semaphore(0)
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def cut(self) -> None:
        """Close what is open, and turn away whoever comes."""
        with self._lock:
            self._is_cut = True
            closing, self._open = self._open, set()
        for one in closing:
            _close(one)

    def mend(self) -> None:
        """Let pass again."""
        with self._lock:
            self._is_cut = False

    def turned_away(self, timeout_s: float = 20) -> bool:
        """Wait until somebody was turned away."""
        return self._turned_away.acquire(timeout=timeout_s)

    def close(self) -> None:
        """End it."""
        self._listening.close()
        self.cut()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                came, _ = self._listening.accept()
                threading.Thread(target=self._pass, args=(came,), daemon=True).start()

    def _pass(self, came: socket.socket) -> None:
        with contextlib.suppress(OSError):
            first = came.recv(65536)
            while first and _END not in first:
                first += came.recv(65536)
            if not self._sockets and b"upgrade: websocket" in first.lower():
                came.sendall(_REFUSED)
                return _close(came)
            server = socket.create_connection(("127.0.0.1", self._port))
            with self._lock:
                if not (is_cut := self._is_cut):
                    self._open |= {came, server}
            if is_cut:
                self._turned_away.release()
                _close(server)
                return _close(came)
            server.sendall(first)
            threading.Thread(target=_copy, args=(server, came), daemon=True).start()
            _copy(came, server)
        return None


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _close(source)
    _close(target)


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
