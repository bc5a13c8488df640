"""The public names, and a study's tables from Python, as docs/python.md has them."""

import json
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution
from optuna.trial import TrialState, create_trial
from pandas.testing import assert_frame_equal

from search import (
    Effects,
    Findings,
    InputError,
    Results,
    analyse,
    api,
    draw,
    effects,
    export_study,
    frame,
    load_study,
    simple_effect,
    summarise,
    write,
)
from search.analysis.recommendation import limited
from search.settings import Settings
from tests.support.foreign import foreign


def test_every_public_name_is_there_and_documented() -> None:
    import search

    public = [name for name in vars(api) if not name.startswith("_")]
    assert len(public) == 32
    for name in public:
        assert getattr(search, name) is getattr(api, name)
        assert (getattr(search, name).__doc__ or "").strip(), name
    assert set(public) < set(dir(search))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = search.nothing


def effects_of(findings: Findings) -> Effects:
    assert findings.effects is not None
    return findings.effects


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
        ((study, None, "lat"), "has no objective 'lat'; it has number 1 alone"),
    ]
    for arguments, says in refused:
        with pytest.raises(InputError, match=says):
            analyse(*arguments)
    findings = analyse(foreign(12))
    for given in (findings, findings.results):
        with pytest.raises(InputError, match=r"^<\w+ of the study 'theirs': .*> is no study; it"):
            analyse(cast(Any, given))
    with pytest.raises(InputError, match=r"^what is given, of type list, is no findings"):
        frame(cast(Any, [*findings.results.runs]))
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: frame(study), "is no findings; it takes what analyse"),
        (lambda: draw(study), "is no findings"),
        (lambda: summarise(study), "is no findings"),
        (lambda: frame(findings, cast(Any, ["effects"])), r"no table \['effects'\]"),
        (lambda: write(findings, "out", "png"), "formats takes a list of png, svg, pdf, latex"),
        (lambda: export_study(study, "out", ["jpeg"]), "and not 'jpeg'"),
        (lambda: write(findings, cast(Any, None)), "out=None names no folder"),
        (lambda: export_study(study, ""), "out='' names no folder; it takes a path"),
        (lambda: load_study(cast(Any, None), "s"), "None names no storage"),
        (lambda: load_study("s.db", cast(Any, None)), "None names no study"),
        (lambda: effects_of(findings).of("nope"), "no effect of 'nope'; there are those of a"),
    ]
    for call, says in calls:
        with pytest.raises(InputError, match=says):
            call()


def test_effects_of_what_are_no_runs_are_refused() -> None:
    """Of every argument, as whoever computes effects in Python passes what they have at hand."""
    study = foreign(24)
    study.ask()
    findings = analyse(study)
    results = findings.results
    runs, found = results.of("measure"), effects_of(findings)
    taking: list[Callable[[Any], object]] = [
        lambda given: effects(given, results.factors),
        lambda given: effects(runs, given),
        lambda given: effects(runs, results.factors, given),
        lambda given: effects(runs, results.factors, look=given),
        lambda given: effects(runs, results.factors, others=given),
        lambda given: simple_effect(given, "aug", "drop", on=True),
        lambda given: simple_effect(found, given, "drop", on=True),
        lambda given: simple_effect(found, "aug", given, on=True),
        found.of,
        found.changed,
        lambda given: write(findings, "out", given),
    ]
    for call, given in product(taking, (None, 3, results, findings, "runs", b"runs", object())):
        with pytest.raises(InputError, match=r"takes|there are|those are|leave it out"):
            call(given)
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: effects(results.runs, results.factors), "run 24, which is running and has no val"),
        (lambda: simple_effect(found, "aug", "aug", on=True), "'aug' and 'aug' are no two techni"),
        (lambda: simple_effect(found, "aug", "augs", on=True), "'augs' is no technique that varie"),
        (lambda: analyse(study, objective=True), "no objective True; it has number 1 alone"),
        (lambda: frame(findings, cast(Any, np.zeros(2))), r"no table array"),
        (lambda: found.of(cast(Any, np.zeros(2))), r"no effect of array"),
        (lambda: limited(kouka_results(), cast(Any, {"seconds": 600})), "it takes those of search"),
    ]
    for refused, says in calls:
        with pytest.raises(InputError, match=says):
            refused()


def kouka_results() -> Results:
    return Results("s", (), (), Settings(data="digits"))


def test_files_and_folders_are_named_as_people_name_them(folder: Path) -> None:
    study = foreign(3, storage="sqlite:///own.db")
    for file in ("own.db", folder / "own.db", "sqlite:///own.db"):
        assert load_study(file, study.study_name).study_name == study.study_name
    export_study(study, "report")
    assert (folder / "report" / "report.html").exists()


def test_numbers_of_numpy_are_numbers() -> None:
    space = {"a": CategoricalDistribution([False, True]), "layers": IntDistribution(1, 40)}
    study = optuna.create_study(direction="maximize")
    for number in range(24):
        params: dict[str, Any] = {"a": number % 2 == 0, "layers": np.int64(1 + number)}
        value = np.float32(50 + 5 * params["a"] + 0.1 * (number % 5))
        study.add_trial(create_trial(params=params, distributions=space, value=cast(Any, value)))
    findings = analyse(study)
    assert 4 < effects_of(findings).of("a").effect < 6
    assert json.loads(json.dumps(summarise(findings)))["runs"] == {"measure": 24}


def test_a_notebook_shows_findings_in_a_line() -> None:
    findings = analyse(foreign(12))
    assert repr(findings) == "<Findings of the study 'theirs': 12 runs>"
    assert repr(findings.results) == "<Results of the study 'theirs': 12 runs>"
