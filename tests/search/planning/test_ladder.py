"""The order of a ladder, as it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from search.commands.program import CommandFactor, CommandLevel, Metric, Program
from search.errors import InputError
from search.planning.parsing import parse_ladder
from search.planning.phases.ladder import plan
from search.planning.requested import Requested
from search.planning.settle import settle
from search.planning.space import Space
from search.results import Results
from search.settings import Settings
from tests.support.programs import switches

NEW = Requested(data="digits", measure=16, techniques=("batch_norm", "dropout", "mixup"))
PROGRAM = Program(
    "train {flags}", "/",
    (
        CommandFactor("opt", (CommandLevel("sgd", ("sgd",)), CommandLevel("muon", ("muon",)))),
        *switches(["ema"]),
        CommandFactor(
            "size", (CommandLevel("s"), CommandLevel("m", ("m",)), CommandLevel("l", ("l",)))
        ),
    ),
    Metric("acc", "acc"), unit="", scale=1.0,
)  # fmt: skip
OF_PROGRAM = Requested(program=PROGRAM, measure=16)


def asked(text: str, requested: Requested = NEW) -> Requested:
    seeds, order = parse_ladder(text)
    return replace(requested, ladder=seeds, ladder_order=order)


def steps(settings: Settings) -> list[set[str]]:
    """What is on in each planned run, other than the first level of a factor of several."""
    space = Space.of(settings)
    found = Results("s", settings.factors, (), settings)
    return [set(found.on(one.params or {})) for one in plan(settings, space, found)]


def test_a_ladder_adds_what_is_named_in_that_order_with_as_many_seeds_as_asked_for() -> None:
    once = [set(), {"mixup"}, {"mixup", "batch_norm", "dropout"}]
    assert steps(settle(None, asked("1:mixup,dropout+batch_norm"))) == once
    assert steps(settle(None, asked("mixup, dropout+batch_norm"))) == 3 * once
    of_program = settle(None, asked("1:ema,size=l,opt=muon", OF_PROGRAM))
    assert steps(of_program) == [set(), {"ema"}, {"ema", "size=l"}, {"ema", "size=l", "opt=muon"}]
    assert settle(None, asked("1:ema,size=l,opt", OF_PROGRAM)) == of_program
    assert Settings.from_json(of_program.to_json()) == of_program


def test_an_order_is_kept_by_later_launches_and_cannot_change_once_there_is_one() -> None:
    stored = settle(None, asked("2:mixup,dropout"))
    for same in ("mixup,dropout", "2:mixup,dropout", "2"):
        assert settle(stored, asked(same, Requested())) == stored
    more = settle(stored, asked("4", Requested()))
    assert (more.ladder, more.ladder_order) == (4, stored.ladder_order)
    with pytest.raises(InputError, match="--ladder is mixup,dropout, not dropout,mixup"):
        settle(stored, asked("dropout,mixup", Requested()))
    # Without a ladder yet, or with the usual one, whose steps may be named.
    assert settle(settle(None, NEW), asked("2:mixup,dropout", Requested())) == stored
    usual = settle(None, asked("1", OF_PROGRAM))
    assert settle(usual, asked("opt,ema", Requested())) == usual


def test_a_ladder_without_an_order_adds_all_that_varies_the_articles_first() -> None:
    assert settle(None, asked("1")).ladder_order == ()
    assert steps(settle(None, asked("1"))) == [
        set(), {"batch_norm"}, {"batch_norm", "dropout"}, {"batch_norm", "dropout", "mixup"}
    ]  # fmt: skip
    mixed = replace(NEW, techniques=("residual", "cutmix", "mixup", "label_smoothing"))
    newer = settle(None, asked("1", mixed))
    assert newer.ladder_order == (("residual",), ("mixup",), ("cutmix",), ("label_smoothing",))
    assert len(steps(newer)) == 5
    assert settle(settle(None, mixed), asked("1", Requested())) == newer
    # A ladder of an earlier version goes on with the article's.
    older = replace(newer, ladder_order=())
    assert steps(settle(older, asked("2", Requested()))) == 2 * [
        set(),
        {"residual"},
        {"residual", "mixup"},
    ]


@pytest.mark.parametrize(
    ("text", "requested", "sentence"),
    [
        (
            "mixup,droput",
            NEW,
            "'droput' varies in this study (Did you mean 'dropout'?); there are batch_norm",
        ),
        ("mixup,amsgrad", NEW, "no technique 'amsgrad' varies in this study; there are batch_norm"),
        ("mixup,mixup+dropout", NEW, "--ladder adds mixup twice"),
        ("mixup,,dropout", NEW, "--ladder has an empty name"),
        (",", NEW, "--ladder ',' names nothing"),
        ("3:", NEW, "--ladder '3:' names nothing"),
        ("-1", NEW, "--ladder -1 is too small"),
        ("adam", OF_PROGRAM, "no factor 'adam' varies in this study; there are opt, ema, size=m"),
        ("size", OF_PROGRAM, "size has several levels, so name one, as in size=m"),
        ("size=m,size=l", OF_PROGRAM, "--ladder adds size twice"),
        ("opt,opt=muon", OF_PROGRAM, "--ladder adds opt twice"),
    ],
)
def test_what_is_no_order_is_refused_in_a_sentence(
    text: str, requested: Requested, sentence: str
) -> None:
    with pytest.raises(InputError) as refused:
        settle(None, asked(text, requested))
    assert sentence in str(refused.value)
