"""The options that the scripts share."""

from __future__ import annotations

import argparse


def script_options(doc: str | None) -> argparse.ArgumentParser:
    """Make the parser of a script's options, described by its docstring's first line."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--record", action="store_true", help="keep the rows in bench/measured")
    return parser
