"""`--at-most`: stored by a launch, and overridden where the study is read."""

import json
from pathlib import Path

import pytest

from search.errors import InputError
from search.planning.parsing import parse_limits
from search.settings import Limits
from search.storage.reading import read
from search.storage.studies import load_study
from tests.support.faked import Kouka
from tests.support.fakes import FakeWorker

LAUNCH = ("launch", "s", "--data", "digits", "--epochs", "4", "--measure", "16",
          "--search", "0", "--confirm", "1", "--out", "out",
          "--techniques", "batch_norm,mixup,dropout")  # fmt: skip


def test_limits_are_kept_and_may_change(
    kouka: Kouka, folder: Path, fake_worker: type[FakeWorker]
) -> None:
    result = kouka(*LAUNCH, "--at-most", "seconds=0.2,parameters=2k")
    assert result.exit_code == 0, result.output
    sentence = (
        "No recipe is within --at-most seconds=0.2,parameters=2000: the cheapest, {}, takes about "
        "0.4 s to train a run of 4 epochs on the machines of the runs, and 1,000 parameters. Allow"
    )
    said = " ".join(result.output.split())
    assert "kouka train" not in said
    results = read(load_study("sqlite:///studies.db", "s"))
    assert results.launched_with().at_most == Limits(0.2, 2000)
    assert results.candidates is not None
    assert results.candidates.at_most == Limits(0.2, 2000)
    named = sentence.split("{}")
    assert named[0] in said
    assert named[1] in said
    for command in ("train", "code"):
        result = kouka(command, "s")
        assert result.exit_code == 2
        [error] = result.stderr.splitlines()
        assert error.removeprefix("kouka: ").startswith(named[0].replace("No", "no", 1))
        assert error.endswith(" parameters; allow that, or name a --recipe")
        assert ". " not in error.replace("0.4 s", "").replace("0.2,", "")
    result = kouka("export", "s", "--at-most", "parameters=999")
    assert result.exit_code == 2
    assert "takes 1,000 parameters" in " ".join(result.stderr.split())
    result = kouka("export", "s", "--out", "out", "--at-most", "parameters=1000")
    said = " ".join(result.output.split())
    assert "It is the best within --at-most parameters=1000, and takes 1,000 parameters." in said
    assert "kouka train s --at-most parameters=1000" in said
    summary = json.loads((folder / "out" / "summary.json").read_text())
    assert summary["recommended"]["within"]
    assert summary["recommended"]["parameters"] == 1000
    assert kouka(*LAUNCH, "--at-most", "none").exit_code == 0
    result = kouka("export", "s", "--out", "out")
    assert "--at-most" not in result.output


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("seconds=90", Limits(90.0)), ("seconds=1h30m", Limits(5400.0)), ("none", Limits()),
        ("parameters=1.5M", Limits(None, 1_500_000)), ("parameters=2e5", Limits(None, 200_000)),
        ("seconds=0.5, parameters=10k", Limits(0.5, 10_000)),
    ],
)  # fmt: skip
def test_limits_as_they_are_written(text: str, limits: Limits) -> None:
    assert parse_limits([text]) == limits
    assert parse_limits([str(limits)]) == limits


@pytest.mark.parametrize(
    "text", ["", "9", "seconds", "seconds=0", "seconds=-1", "seconds=x", "size=3", "none,seconds=1",
             "parameters=1,parameters=2", "parameters=0.5M2", "parameters=1h", "parameters=0.5",
             "parameters=1e400", "seconds=1e400", "seconds=1s,seconds=2s"]
)  # fmt: skip
def test_limits_that_cannot_be_read(text: str) -> None:
    with pytest.raises(InputError, match="--at-most"):
        parse_limits([text])
