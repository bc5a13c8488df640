"""`kouka dashboard`: optuna-dashboard on the studies."""

from __future__ import annotations

from typing import Annotated

import typer

from search.cli.errors import user_errors
from search.cli.options.storage import DEFAULT_STORAGE, ReadStorageOption


def dashboard(
    port: Annotated[
        int, typer.Option(metavar="PORT", help="The port to serve on; 0 takes a free one.")
    ] = 8080,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="The address to serve on. One that other machines reach needs --read-only or "
            "--allow-writes.",
        ),
    ] = "127.0.0.1",
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Refuse every change to a study.")
    ] = False,
    allow_writes: Annotated[
        bool,
        typer.Option("--allow-writes", help="Let everyone who reaches the host change studies."),
    ] = False,
    storage: ReadStorageOption = DEFAULT_STORAGE,
) -> None:
    """Show the studies in a browser.

    Serves optuna-dashboard, to this machine only unless --host says otherwise.
    """
    with user_errors():
        from search.cli.console import quiet_optuna
        from search.reporting.dashboard_server import serve
        from search.storage.urls import redact

        quiet_optuna()

        def starting() -> None:
            print(f"Starting optuna-dashboard on {redact(storage)} …", flush=True)

        def ready(address: str) -> None:
            print(
                f"optuna-dashboard shows {redact(storage)} at {address} (Ctrl-C stops it)",
                flush=True,
            )

        try:
            serve(
                storage, port, ready, host=host, read_only=read_only, allow_writes=allow_writes,
                starting=starting,
            )  # fmt: skip
        except KeyboardInterrupt:
            print()
