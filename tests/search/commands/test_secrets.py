"""Secrets in what a program prints, and in what a user types."""

from __future__ import annotations

import shlex
from dataclasses import replace

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


TYPED = [
    "--token hunter2",
    "--hf_token=hf_abc123",
    "-token hunter2",
    "--password swordfish",
    "--api-key sk-abcdefghijklmnop1234567890",
    "wandb.api_key=abc123",
    "--t x-s3cretvalue",
]
HARMLESS = [
    "--tokenizer bpe", "--max-tokens 512", "--token-dropout 0.1", "--pad-token left",
    "--eos-token '<|reserved_special_token_0|>'", "--mask_token [MASK0]", "--token-type wordpiece2",
    "--vocab-token-file vocab_32k.json", "--sort-key length123", "--token {seed}", "--secret 42",
    "--token $HF_TOKEN", "--password ${SECRET}", "--token --flag", "--credentials me/key.json",
    "--private-key ~/.ssh/id_rsa", "--use-auth-token", "--token", "--password=", "--secret none",
    "--env production --model /models/large1 --n 12345678",
]  # fmt: skip
SHELL = {
    "API_TOKEN": "s3cretvalue", "A_SECRET": "12345678", "HF_TOKEN_PATH": "/models/large1",
    "MODE": "production", "AUTH_TOKEN": "eight",
}  # fmt: skip


@pytest.mark.parametrize("words", TYPED)
def test_an_option_with_a_secret_is_refused(words: str) -> None:
    in_factor = described()
    level = CommandLevel("on", tuple(shlex.split(words)))
    in_factor = replace(in_factor, factors=(CommandFactor("a", (CommandLevel("off"), level)),))
    for program in (described(f"train {words} {{flags}}"), in_factor):
        with pytest.raises(InputError, match="stored with the study") as refused:
            check_no_secrets(program, SHELL)
        assert words.split("=")[-1].split()[-1] not in str(refused.value)


@pytest.mark.parametrize("words", HARMLESS)
def test_an_option_without_one_is_taken(words: str) -> None:
    check_no_secrets(described(f"train {words}"), SHELL)
