"""Put studies into the `studies.db` that the repository ships, without what is its machine's own.

    python -m docs.ship sqlite:///working.db NAME…

A study of the same name is replaced. Who ran a trial, and the folders of the data and of a program,
stay out; the file is vacuumed.
"""

from __future__ import annotations

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path, PurePath

import optuna

from docs.shipped import STUDIES
from search import load_study
from search.reporting.dashboard_note import attach
from search.storage import schema
from search.storage.connection import open_storage
from search.storage.copying import copy
from search.storage.reading import read
from search.storage.studies import study_names


def ship(url: str, name: str, file: Path = STUDIES) -> None:
    """Copy one study, in place of what the file has of that name."""
    target = f"sqlite:///{file}"
    if file.exists() and name in study_names(open_storage(target)):
        optuna.delete_study(study_name=name, storage=target)
    copy(url, name, target)
    study = load_study(target, name)
    settings = study.user_attrs[schema.SETTINGS]
    named = {**settings, "data": PurePath(settings["data"]).name}
    if program := settings.get("program"):
        named["program"] = {**program, "directory": PurePath(program["directory"]).name}
    study.set_user_attr(schema.SETTINGS, named)
    attach(study, read(study))  # whose commands named the storage of before
    with closing(sqlite3.connect(file)) as connection, connection:
        for key in (schema.WORKER, schema.FOLDER):
            connection.execute("DELETE FROM trial_user_attributes WHERE key = ?", [key])
        connection.execute("DELETE FROM trial_heartbeats")
        connection.commit()
        connection.execute("VACUUM")


def main() -> None:
    """Ship the studies that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("storage")
    parser.add_argument("names", nargs="+")
    arguments = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for name in arguments.names:
        ship(arguments.storage, name)
    print(f"{STUDIES.name}: {STUDIES.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
