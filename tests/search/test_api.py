"""The public names, and a study's tables from Python, as docs/python.md has them."""

import re
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from pandas.testing import assert_frame_equal

from search import InputError, analyse, api, frame
from tests.support.foreign import foreign


def test_every_public_name_is_there_and_documented() -> None:
    import search

    public = [name for name in vars(api) if not name.startswith("_")]
    assert len(public) == 30
    for name in public:
        assert getattr(search, name) is getattr(api, name)
        assert (getattr(search, name).__doc__ or "").strip(), name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = search.nothing


@pytest.mark.numeric
def test_the_notebook_of_the_docs_runs(folder: Path) -> None:
    study = foreign(40, storage="sqlite:///studies.db")
    optuna.copy_study(from_study_name="theirs", from_storage="sqlite:///studies.db",
                      to_storage="sqlite:///studies.db", to_study_name="cifar10-10k")  # fmt: skip
    page = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(from search import .*?)```", page, re.DOTALL)
    said: dict[str, Any] = {}
    exec(code, said)
    findings = analyse(study)
    assert_frame_equal(frame(said["findings"]), frame(findings))  # 1e-5: each was fitted anew
    assert said["findings"].cautions == findings.cautions


def test_a_table_that_is_not_there_is_refused() -> None:
    findings = analyse(foreign(3))
    with pytest.raises(InputError, match="no table 'effect'; there are effects, verified"):
        frame(findings, "effect")
    assert list(frame(findings, "trials").columns[:3]) == ["number", "phase", "state"]
    assert TrialState.COMPLETE.name.lower() in set(frame(findings, "trials").state)


def test_what_is_of_another_kind_is_refused() -> None:
    study: Any = foreign(3)
    refused: list[tuple[tuple[Any, ...], str]] = [
        (("x",), "'x' is no study; it takes an optuna.Study"),
        ((study, ["optimizer"]), r"techniques=\['optimizer'\] is no mapping; it takes"),
        ((study, None, "lat"), "has no objective 'lat'; it has 1, of which"),
    ]
    for arguments, says in refused:
        with pytest.raises(InputError, match=says):
            analyse(*arguments)
