"""What is quoted of digits: whether kouka can be trusted, and the study of `make study`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from bench.knowing import Table
from bench.results import column
from bench.table import NAMES, rows
from docs.shipped import EXAMPLE, findings
from tests.support.quoted.kinds import Claim, Quote
from tests.support.quoted.numbers import covered, fit, verdicts

FRONT = "README.md"
DIGITS = "docs/digits.md"


KOUKA, LADDER, ONE = "kouka's design", "the article's ladder", "one at a time, from the base"


def _top(*of: tuple[int, str]) -> tuple[float, ...]:
    return tuple(
        column("knowing", "top three right, %", runs=runs, method=method)[0] for runs, method in of
    )


def _off(*of: tuple[int, str]) -> tuple[float, ...]:
    return tuple(
        column("knowing", "error of the effects, points", runs=runs, method=method)[0]
        for runs, method in of
    )


def _cheaper(name: str, epochs: int) -> float:
    (found,) = column("fidelity", name, runs=16, images=1000, epochs=epochs)
    return found


@cache
def _truth(epoch: int = 12) -> Table:
    return Table(1000, epoch)


def _range(names: tuple[str, ...], on: str) -> tuple[float, float]:
    """The lowest and the highest accuracy of the digits' runs with these techniques on, or off."""
    found = [100 * float(row["epoch 12"]) for row in rows(1000)
             if {row[name] for name in names} == {on}]  # fmt: skip
    return min(found), max(found)


def _augmentation(*epochs: int) -> tuple[float, ...]:
    return tuple(float(_truth(epoch).effects[NAMES.index("augmentation")]) for epoch in epochs)


def _inside() -> tuple[float, float]:
    fitted = fit(EXAMPLE)
    found = [
        fitted.of(name).low <= true <= fitted.of(name).high
        for name, true in zip(NAMES, _truth().effects, strict=True)
    ]
    return sum(found), len(found)


def _quotes() -> Iterator[Quote]:
    yield Quote(FRONT, "trains {83} small networks: {64} to measure",
                lambda: (sum(run.ended for run in findings(EXAMPLE).results.runs),
                         len(findings(EXAMPLE).results.of("measure"))))  # fmt: skip
    yield Quote(FRONT, "the effects are known to ±{0.8} points", lambda: (2 * _truth().error,))
    yield Quote(
        FRONT,
        "are {2.7} points off (root mean square) and name the three largest effects in "
        "{90} % of cases. With as many runs, one technique at a time is {4.9} points off and "
        "names them in {84} %; the article's "
        "way is {5.5} points off and names them in {63} %",
        lambda: tuple(
            number
            for method in (KOUKA, ONE, LADDER)
            for number in (*_off((16, method)), *_top((16, method)))
        ),
    )
    yield Quote(FRONT, "hold the true effect in {95} to {98} % of cases",
                lambda: covered("verdicts"))  # fmt: skip
    yield Quote(DIGITS, "in {90} % of studies, and are {2.72} points off",
                lambda: (*_top((16, KOUKA)), *_off((16, KOUKA))))  # fmt: skip
    yield Quote(DIGITS, "64 runs do so in {100} %, {1.34} points off",
                lambda: (*_top((64, KOUKA)), *_off((64, KOUKA))))  # fmt: skip
    yield Quote(DIGITS, "finds them in {63} % and {97} %, and is {5.54} and {4.35} points off",
                lambda: (*_top((16, LADDER), (64, LADDER)),
                         *_off((16, LADDER), (64, LADDER))))  # fmt: skip
    yield Quote(DIGITS, "PED-ANOVA over TPE trials, finds them in {46} % and {44} %",
                lambda: _top((16, "PED-ANOVA, TPE"), (64, "PED-ANOVA, TPE")))  # fmt: skip
    yield Quote(DIGITS, "over seeds is {5.9} points, and an effect's standard error {0.42}",
                lambda: (_truth().noise, _truth().error))  # fmt: skip
    yield Quote(
        DIGITS, "Runs of the plain network came to {94} to {95} %", lambda: _range(NAMES, "0")
    )
    yield Quote(DIGITS, "they came to {10} to {78} %",
                lambda: _range(("augmentation", "dropout", "mixup"), "1"))  # fmt: skip
    yield Quote(DIGITS, "the ladder's error is {2.04} times that of kouka's design",
                lambda: (_off((16, LADDER))[0] / _off((16, KOUKA))[0],))  # fmt: skip
    yield Quote(DIGITS, "the ladder would need about {4} times as many",
                lambda: ((_off((16, LADDER))[0] / _off((16, KOUKA))[0]) ** 2,))  # fmt: skip
    yield Quote(DIGITS, "it is still {4.35} points off after 64", lambda: _off((64, LADDER)))
    yield Quote(
        DIGITS,
        "in {84} % of studies after 16 runs and in {95} % after 32 ({97} % with kouka's design), "
        "and fANOVA over 64 random trials in {98} %",
        lambda: _top((16, ONE), (32, ONE), (32, KOUKA), (64, "fANOVA, random")),
    )
    yield Quote(DIGITS, "one at a time stays {4.9} points off", lambda: _off((64, ONE)))
    yield Quote(
        DIGITS,
        "in {98} % of cases, and rank all eight with a correlation of {0.90} ({0.88} with 16 whole "
        "runs). The sizes are another matter, {7} points off",
        lambda: (
            _cheaper("top three right, %", 3), _cheaper("rank correlation with the truth", 3),
            _cheaper("rank correlation with the truth", 12),
            _cheaper("error of the effects, points", 3),
        ),
    )  # fmt: skip
    yield Quote(DIGITS, "augmentation comes to {-46} points after 3 epochs, and to {-28} after 12",
                lambda: _augmentation(3, 12))  # fmt: skip
    yield Quote(DIGITS, "is known to ±{0.8} points", lambda: (2 * _truth().error,))
    yield Quote(DIGITS, "{7} of its {8} intervals", _inside)
    yield Quote(DIGITS, "dropout's: {-5.4} points here, and {-8.4} in the table",
                lambda: (fit(EXAMPLE).of("dropout").effect,
                         float(_truth().effects[NAMES.index("dropout")])))  # fmt: skip


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(
        "README.md",
        "Augmentation hurts here",
        lambda: "augmentation" in verdicts(EXAMPLE, "hurts"),
    ),
)
