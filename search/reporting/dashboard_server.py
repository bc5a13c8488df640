"""optuna-dashboard on the studies' storage, for this machine alone unless asked for more."""

from __future__ import annotations

import ipaddress
import json
import socket
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from search.errors import InputError
from search.storage.connection import is_writable, open_storage
from search.storage.urls import LAST_PORT

HOST = "127.0.0.1"

_READING = ("GET", "HEAD", "OPTIONS")

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Server6(_Server):
    address_family = socket.AF_INET6


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Log nothing, as a page asks for its study every few seconds."""


def serve(
    url: str,
    port: int,
    ready: Callable[[str], None],
    *,
    host: str = HOST,
    read_only: bool = False,
    allow_writes: bool = False,
    starting: Callable[[], None] = lambda: None,
) -> None:
    """Serve until interrupted, and call `ready` with the address once it answers there.

    `starting` is called before what takes seconds, when nothing but the address may be wrong.

    The dashboard has no password and can delete studies, so a host that others can reach takes
    `read_only` or `allow_writes`. A storage that cannot be written is served read-only. Raises
    `InputError` without these, and where the storage, the host or the port is not to be had.
    """
    _check_access(host, read_only=read_only, allow_writes=allow_writes)
    if not 0 <= port <= LAST_PORT:
        raise InputError(
            f"--port {port} is not possible; it takes 1 to {LAST_PORT}, or 0 for a free one"
        )
    storage = open_storage(url)
    starting()
    from optuna_dashboard import wsgi

    app: App = wsgi(storage)
    if read_only or not is_writable(url):
        app = reading_only(app)
    server_class = _Server6 if ":" in host else _Server
    try:
        server = make_server(
            host, port, app, server_class=server_class, handler_class=_QuietHandler
        )
    except socket.gaierror as error:
        raise InputError(
            f"--host {host} is not known ({error.strerror}); it takes an address of this machine"
        ) from error
    except OSError as error:
        raise InputError(
            f"port {port} of {host} cannot be served ({error}); --port takes a free one, 1024 to "
            "65535, and --host an address of this machine"
        ) from error
    with server:
        at = f"[{host}]" if ":" in host else host
        ready(f"http://{at}:{server.server_port}/")
        server.serve_forever()


def _check_access(host: str, *, read_only: bool, allow_writes: bool) -> None:
    """Raise `InputError` where others could reach a dashboard, and nobody said what they may do."""
    if read_only and allow_writes:
        raise InputError("--read-only and --allow-writes exclude each other; give one of them")
    if not (_is_loopback(host) or read_only or allow_writes):
        raise InputError(
            f"--host {host} lets others reach the dashboard, which has no password and can delete "
            "studies; add --read-only, or --allow-writes if that is what you want"
        )


def reading_only(app: App) -> App:
    """Wrap the dashboard so that it answers 403 to every request that could change a study."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in _READING:
            return app(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [json.dumps({"reason": "kouka serves this dashboard read-only"}).encode()]

    return answer


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
