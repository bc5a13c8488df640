"""optuna-dashboard on the studies' storage, for this machine only."""

from __future__ import annotations

from collections.abc import Callable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna_dashboard import wsgi

from search.errors import InputError
from search.storage import open_storage

HOST = "127.0.0.1"
"""The dashboard has no password and can delete studies, so nobody else may reach it."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing: a page asks for its study every few seconds."""


def serve(url: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until interrupted, and call `ready` with the address once it answers there.

    Raises `InputError` where the storage or the port is not to be had.
    """
    app = wsgi(open_storage(url))
    try:
        server = make_server(HOST, port, app, server_class=_Server, handler_class=_QuietHandler)
    except (OSError, OverflowError) as error:
        raise InputError(
            f"port {port} cannot be served ({error}); --port takes a free one, 1024 to 65535"
        ) from error
    with server:
        ready(f"http://{HOST}:{server.server_port}/")
        server.serve_forever()
