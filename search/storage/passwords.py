"""Passwords on the command line and in the environment, kept from whoever reads along."""

from __future__ import annotations

import os
import re
import sys
from urllib.parse import unquote

_PASSWORD = re.compile(r"://[^:/@\s]*:([^?\s]+)@|[?&]\w*pass\w*=([^&\s]+)")


def has_password(url: str) -> bool:
    """Tell a URL that holds a password."""
    return bool(_PASSWORD.search(url))


def is_ambiguous(url: str) -> bool:
    """Tell a URL whose password, or user, holds what ends either."""
    scheme, _, rest = url.partition("://")
    before = rest.partition("?")[0].rpartition("@")[0]
    return not scheme.startswith(("sqlite", "journal")) and bool({"@", "/"} & set(before))


def without_passwords(text: str) -> str:
    """The text without the passwords of the storages that this process was given."""
    for given in (*sys.argv[1:], os.environ.get("KOUKA_STORAGE", "")):
        for match in _PASSWORD.finditer(given):
            password = match[1] or match[2]
            for spelled in (password, unquote(password)):
                text = without_password(text, spelled)
    return text


def without_password(text: str, password: str) -> str:
    """The text without a password as a word of its own: a short one may be a part of others."""
    return re.sub(rf"(?<!\w){re.escape(password)}(?!\w)", "***", text)


def hide_in_title() -> None:
    """Hide them in this process's title, which everybody on the machine can list."""
    if any(map(has_password, sys.argv[1:])):
        from setproctitle import setproctitle

        setproctitle(without_passwords(" ".join(("kouka", *sys.argv[1:]))))
