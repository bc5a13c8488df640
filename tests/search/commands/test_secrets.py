"""Secrets in what a program prints, and in what a user types."""

from __future__ import annotations

import pytest

from search.commands.program import CommandFactor, CommandLevel, Metric, Program
from search.commands.secrets import Secrets, check_no_secrets
from search.errors import InputError

ENVIRONMENT = {
    "HF_TOKEN": "hf_abc", "DB_PASSWORD": "two words", "AWS_SECRET_ACCESS_KEY": "+/=.*",
    "SSH_PRIVATE_KEY": "-----BEGIN KEY-----\nMIIEpAIBAAKC\nabc\n", "LEVEL": "debug",
    "TOKENIZERS_PARALLELISM": "false", "MAX_TOKENS": "4096", "KEY": "abc",
}  # fmt: skip
PRINTED = [
    ("token hf_abc!", "token ***!"),
    ("two words, two", "***, two"),
    ("key +/=.*", "key ***"),
    ("MIIEpAIBAAKC", "***"),
    ("debug false 4096 abc", "debug false 4096 abc"),
    ("at postgresql://me:s3cr@host/x", "at postgresql://me:***@host/x"),
    ("at http://host:8080/a@b", "at http://host:8080/a@b"),
]


@pytest.mark.parametrize(("printed", "shown"), PRINTED)
def test_a_secret_is_hidden_and_nothing_else(printed: str, shown: str) -> None:
    assert Secrets(ENVIRONMENT).hide(printed) == shown


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_secret_that_comes_in_pieces_is_hidden(size: int) -> None:
    secrets, held, out = Secrets(ENVIRONMENT), b"", b""
    data = " ".join(printed for printed, _ in PRINTED).encode()
    for begin in range(0, len(data), size):
        shown, held = secrets.hide_open(held + data[begin : begin + size])
        out += shown
    assert (out + held).decode() == " ".join(shown for _, shown in PRINTED)


def described(command: str = "train", **environment: str) -> Program:
    factor = CommandFactor("a", (CommandLevel("off"), CommandLevel("on", (), environment)))
    return Program(command, "/", (factor,), Metric("acc", "acc"))


def test_a_secret_that_would_be_stored_is_refused() -> None:
    check_no_secrets(described(SORT_KEY="length", PAD_TOKEN="left", MAX_TOKENS="100000"))
    check_no_secrets(described("train --key=abc123 http://localhost:8080/x {flags}"))
    for program in (
        described(HF_TOKEN="hf_abc123"),
        described("env WANDB_API_KEY=0123456789abcdef python train.py"),
        described("train --store=postgresql://me:secret@host/x"),
    ):
        with pytest.raises(InputError, match="stored with the study"):
            check_no_secrets(program)
