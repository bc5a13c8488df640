"""What is quoted of the benches of answers: how right they are, and how soon."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

from bench.equal_time import TASKS, rows
from bench.results import Cell, column, rows_of
from docs.shipped import REFERENCE, findings, settings
from search.analysis.effects import effects
from search.analysis.t_distribution import ALPHA
from tests.support.quoted.kinds import Claim, Quote
from tests.support.quoted.numbers import bounds_of, covered, differ

BENCH = "bench/README.md"
KOUKAS = "kouka, %"


def _tight() -> list[float]:
    """The coverage of designs that cannot tell every interaction apart."""
    return [
        found
        for techniques, runs in ((7, 16), (8, 16), (8, 32), (12, 32), (12, 64))
        for found in column("coverage", "coverage, %", techniques=techniques, runs=runs)
    ]


def _of_sixteen(finished: int) -> list[float]:
    """Half-widths of eight techniques in 16 planned runs: interrupted, and lost at random."""
    return [
        half
        for which in ("interrupted", "lost at random")
        for half in column("missing", f"half-width, {which}, points", truth="equal", techniques=8,
                           planned=16, finished=finished)
    ]  # fmt: skip


def _by_tpe(name: str) -> list[float]:
    """A column of studies by TPE whose techniques add up on another scale than the unit."""
    return [
        found
        for scale in ("an accuracy's logit", "a loss's logarithm")
        for found in column("two_scales", name, sampler="TPE", **{"add up in": scale})
    ]


def _differences(more: str, less: str) -> list[float]:
    """What one column is above another, of studies by TPE."""
    return [round(a - b, 1) for a, b in zip(_by_tpe(more), _by_tpe(less), strict=True)]


def _agreement() -> tuple[int, int]:
    plans, references = (
        column("agreement", "effect, points"),
        column("agreement", "reference, points"),
    )
    clear = [p < ALPHA for p in column("agreement", "p, corrected")]
    assert [
        row["technique"] for row, one in zip(rows_of("agreement"), clear, strict=True) if one
    ] == ["augmentation"]
    same = [not differ(*pair) for pair in zip(plans, references, strict=True)]
    assert all(agrees for one, agrees in zip(clear, same, strict=True) if one)
    return sum(same), len(same)


def _of_failing() -> tuple[float, float]:
    """Of recipes that fail or lose together, the most wrong studies and the least coverage."""
    rows = [row for row in rows_of("truths") if str(row["truth"]).startswith(("two ", "three "))]
    return (
        max(float(row["wrong, %"] or 0) for row in rows),
        min(float(row["coverage, %"] or 0) for row in rows),
    )


def _narrower() -> tuple[float, ...]:
    """The reference's last epochs, all of its epochs, and percent that their mean gains."""
    results = findings(REFERENCE).results
    launched = settings(REFERENCE)
    widths = []
    for last in (1, launched.last_epochs):
        runs = [
            replace(run, value=statistics.fmean(list(run.curve.values())[-last:]))
            for run in results.of("measure")
        ]
        fitted = effects(runs, results.factors)
        assert fitted is not None
        widths.append(statistics.fmean(one.high - one.low for one in fitted.effects))
    return launched.last_epochs, launched.epochs, 100 * (1 - widths[1] / widths[0])


def _highest_of_every_row() -> bool:
    """kouka's share of right answers is above all others', but for one row and method."""
    sizes = list(zip(column("ranking", "techniques"), column("ranking", "runs"), strict=True))
    others = [name for name in rows_of("ranking")[0] if name not in ("techniques", "runs", KOUKAS)]
    ahead = column("ranking", KOUKAS)
    behind = {name: column("ranking", name) for name in others}
    leads = {
        (size, name): other - kouka
        for name in others
        for size, kouka, other in zip(sizes, ahead, behind[name], strict=True)
        if other >= kouka
    }
    return leads == {((8, 128), "fANOVA, factorial, %"): 0, ((8, 128), "fANOVA, random, %"): 1}


def _stopping(name: str, *truths: str) -> list[float]:
    return [cell for truth in truths for cell in column("stopping", name, truth=truth)]


def _ahead(images: int) -> list[float]:
    """By how much kouka's recipe is above the best of the others', at each number of epochs."""
    found = []
    for epochs in sorted(set(column("choosing", "epochs"))):
        rows = [row for row in rows_of("choosing")
                if (row["training images"], row["epochs"]) == (images, epochs)]  # fmt: skip
        of = {row["who chooses"]: float(row["accuracy, %"] or 0) for row in rows}
        ours = of.pop("kouka")
        found.append(ours - max(of.values()))
    return found


def _trials(*sides: str) -> tuple[int, int]:
    """The fewest and the most trials that ended in the time, of sides that begin so."""
    counts = [int(row["trials"]) for row in rows() if row["who chooses"].startswith(sides)]
    return min(counts), max(counts)


def _behind(data: str) -> float:
    """By how much the next recipe is behind kouka's, in points of test accuracy."""
    return -max(column("equal_time", "beside kouka, points", data=data))


def _earlier(data: str) -> float:
    """Test accuracy in percent of what the version before chose, in the mean over its studies."""
    tests = [statistics.fmean(map(float, row["tests"].split())) for row in rows()
             if (row["data"], row["who chooses"]) == (data, "an earlier kouka")]  # fmt: skip
    return 100 * statistics.fmean(tests)


def _taken(data: str) -> tuple[int, int]:
    """The shortest and the longest of kouka's plans, in seconds."""
    found = [int(row["taken"]) for row in rows()
             if (row["data"], row["who chooses"]) == (data, "kouka")]  # fmt: skip
    return min(found), max(found)


def _gains(data: str) -> list[float]:
    """What the other tools gain over the network with nothing on, in points."""
    of = {row["who chooses"]: float(row["test accuracy, %"] or 0) for row in rows_of("equal_time")
          if row["data"] == data}  # fmt: skip
    plain = of.pop("nothing on")
    return [accuracy - plain for who, accuracy in of.items()
            if who not in ("kouka", "everything on")]  # fmt: skip


def _plans_in_time() -> tuple[int, int]:
    """How many plans ended within 10 % of their time, and of how many."""
    late = column("plans", "deviation, %")
    return sum(abs(percent) <= 10 for percent in late), len(late)


def _others_gain_a_point_on_one() -> bool:
    return max(_gains("digits")) < 1 <= min(_gains("spoken")) and len(_gains("spoken")) == 4


def _lost_by_stopping() -> list[float]:
    simulated = "equal", "unequal", "heavy tails", "ceiling"
    stopped = _stopping("top three right, %", *simulated)
    return sorted(
        whole - part
        for whole, part in zip(
            _stopping("with 64 runs always, %", *simulated), stopped, strict=True
        )
    )


def _no_more_wrong_by_stopping() -> bool:
    return all(
        row["wrong verdict, %"] <= row["wrong with 64 always, %"]  # type: ignore[operator]
        for row in rows_of("stopping")
    )


def _below_93() -> int:
    """Count the shares of chosen intervals that hold, in all rows, below 93 %."""
    shown = ("headline, %", "they cover, %", "the largest, %", "simple effects, %")
    return sum(share < 93 for name in shown for share in column("selection", name))


def _falling(name: str, share: int, depth: int) -> list[float]:
    """Read a column of the studies whose runs fall so often and so far."""
    where = {"runs that fall, %": share, "depth, sigmas": depth}
    return column("falling", name, **where)


def _other_levels(name: str, sampler: str, *changes: float) -> list[float]:
    """Read a column of the studies by a sampler whose effects change so much."""
    return [
        value
        for change in changes
        for value in column("other_levels", name, sampler=sampler, **{"change, sigmas": change})
    ]


def _some_asked(name: str) -> list[float]:
    """Read a column of the effects that only some trials tell."""
    return [
        value
        for asked in ("with one optimizer", "from the middle on")
        for value in column("some_asked", name, asked=asked)
    ]


def _quotes() -> Iterator[Quote]:
    own = "by a recipe's own seeds, %"
    far = {
        name: [*_falling(name, 10, 30), *_falling(name, 20, 30)]
        for name in ("told, %", "levels miss, %", own)
    }
    yield Quote(
        "docs/methods.md",
        "{65} to {93} % reported it, and {7} to {32} % of all their intervals missed; of intervals "
        "made of a recipe's own seeds alone, {52} to {57} % would have",
        lambda: tuple(end for values in far.values() for end in bounds_of(values)),
    )
    yield Quote(
        BENCH,
        "where a run in ten falls by 30 sigmas, the intervals miss {17} to {32} % of the levels",
        lambda: bounds_of(_falling("levels miss, %", 10, 30)),
    )
    yield Quote(
        BENCH,
        "Where no run falls, at most {1.5} % of studies say that some did",
        lambda: (max(_falling("told, %", 0, 0)),),
    )
    yield Quote(
        BENCH,
        "The interval of the recommended recipe covers {94} to {96} %",
        lambda: bounds_of(column("tested", "recommended, coverage, %")),
    )
    yield Quote(
        BENCH,
        "Without any effect, a recipe is called better in {0} to {1} % of studies",
        lambda: bounds_of(column("gains", "called better, %", truth="no effects")),
    )
    yield Quote(
        BENCH,
        "the fit bends; there it covers the truth in {90} %",
        lambda: tuple(column("gains", "interval covers, %", truth="strong interactions")),
    )
    told, held = "studies with a wrong one, %", "coverage, %"
    yield Quote(
        "docs/methods.md",
        "{2} to {7} % say that one does, by those of TPE at most {1.5} %. Where some depend, "
        "intervals at a level hold the true effect in {95.3} to {95.7} % of cases by random "
        "trials, and in {92.9} to {96.7} % by TPE",
        lambda: (*bounds_of(_other_levels(told, "random", 0)),
                 max(_other_levels(told, "TPE", 0)),
                 *bounds_of(_other_levels(held, "random", 0.7, 1.5)),
                 *bounds_of(_other_levels(held, "TPE", 0.7, 1.5))),
    )  # fmt: skip
    yield Quote(
        BENCH,
        "60 trials show {32} %, 120 show {65} % and 300 show {83} %. TPE shows fewer, {0}, {5} and "
        "{26} %",
        lambda: tuple(
            share
            for sampler in ("random", "TPE")
            for share in _other_levels("changes found, %", sampler, 1.5)
        ),
    )
    yield Quote(
        BENCH,
        "Where none changes, at most {7} % of studies say that one does",
        lambda: (max(column("other_levels", told, **{"change, sigmas": 0.0})),),
    )
    yield Quote(
        BENCH,
        "Intervals of effects that are named by random trials hold in {92.6} to {97.6} % of cases",
        lambda: bounds_of(_other_levels("coverage of those named, %", "random", 0.7, 1.5)),
    )
    four = {"change, sigmas": 4.0}
    yield Quote(
        BENCH,
        "40 trials show that in {59} % of studies, and 80 in {100} %. TPE tries few rates that do "
        "worse, so 160 of its trials show it in {10.0} %. At most {5} % of studies name another",
        lambda: (*column("by_half", "change found, %", sampler="random", **four)[:2],
                 column("by_half", "change found, %", sampler="TPE", **four)[-1],
                 max(column("by_half", told))),
    )  # fmt: skip
    yield Quote(
        BENCH,
        "Their intervals hold in {95.0} to {98.0} % of cases, and at most {0.3} % of these effects",
        lambda: (*bounds_of(_some_asked(held)), max(_some_asked("wrongly clear, %"))),
    )
    yield Quote(
        BENCH,
        "intervals hold in {96.4} to {97.9} % of cases, and {44.2} to {67.8} % of the effects that "
        "are not zero are found. Were the diverged trials counted, with the accuracy of chance, "
        "{0.0} to {13.5} % would be",
        lambda: (*bounds_of(column("diverged", held)),
                 *bounds_of(column("diverged", "rightly clear, %")),
                 *bounds_of(column("diverged", "rightly clear then, %"))),
    )  # fmt: skip
    yield Quote(
        BENCH,
        "the interval of a number's best value holds it in {88.0} to {100.0} % of cases, and that "
        "of the gain, from the worst value named to the best one, in {93.0} to {100.0} %. A number "
        "that does nothing is found to matter in {2.0} % at most",
        lambda: (*bounds_of(column("numbers", "best value in its interval, %")),
                 *bounds_of(column("numbers", "gain in its interval, %")),
                 max(column("numbers", "wrongly clear, %"))),
    )  # fmt: skip
    yield Quote(
        "docs/methods.md",
        "the intervals of the best value held it in {88} to {100} % of",
        lambda: bounds_of(column("numbers", "best value in its interval, %")),
    )
    alone = "in the unit alone: coverage, %"
    yield Quote(
        BENCH,
        "by TPE hold in {94.3} to {96.7} % of cases; in the unit alone they would in {91.8} to "
        "{93.8} %. The typical interval is no wider for that, and up to {0.3} % fewer effects are "
        "found",
        lambda: (*bounds_of(_by_tpe(held)), *bounds_of(_by_tpe(alone)),
                 max(_differences("rightly clear then, %", "rightly clear, %"))),
    )  # fmt: skip
    yield Quote(
        "docs/methods.md",
        "held the mean effect in {92} to {94} % of cases, and these do in {94} to {97} %",
        lambda: (*bounds_of(_by_tpe(alone)), *bounds_of(_by_tpe(held))),
    )  # fmt: skip
    yield Quote(
        "docs/methods.md",
        "where-some-trainings-diverge) the intervals held the true effect in {96} to {98} % of",
        lambda: bounds_of(column("diverged", held)),
    )
    logarithm = "logarithm, %"
    yield Quote(
        BENCH,
        "{95} to {100} % of studies of 40 trials are read by their logarithms, and where they add "
        "to it, at most {7} %. The interval of the recommended recipe's loss holds in {98} to "
        "{100} % of cases",
        lambda: (*bounds_of(column("multiplied", logarithm, techniques="multiply")),
                 max(column("multiplied", logarithm, techniques="add")),
                 *bounds_of(column("multiplied", "its interval covers, %"))),
    )  # fmt: skip
    best, each = "at the best covers, %", "at each covers, %"
    noisy = column("by_level", each, truth="the highest rate is noisy")
    equal = [value for truth in ("one rate is best", "rates are near", "rates are alike")
             for value in column("by_level", each, truth=truth)]  # fmt: skip
    yield Quote(
        BENCH,
        "at the best rate covers {97.5} to {99.1} % where one rate is the best",
        lambda: bounds_of(column("by_level", best, truth="one rate is best")),
    )
    yield Quote(
        BENCH,
        "where the highest rate is noisy, {95.8} to {99.6} %.",
        lambda: bounds_of(column("by_level", best, truth="the highest rate is noisy")),
    )
    yield Quote(
        BENCH,
        "Intervals at each rate cover {95.7} to {97.2} %, and where the highest rate is noisy, "
        "{92.4} to {95.9} %. At most {1.25} % of studies name a wrong reversal",
        lambda: (*bounds_of(equal), *bounds_of(noisy),
                 max(column("by_level", "studies with a wrong one, %"))),
    )  # fmt: skip
    yield Quote(
        BENCH,
        "hold the true effect in {94} to {100} % of cases. At most {1.6} % of studies call an "
        "effect wrongly, or {4.8} % where the truth is made hard",
        lambda: (*covered("coverage"), max(column("coverage", "wrong, %")),
                 max(column("truths", "wrong, %"))),
    )  # fmt: skip
    yield Quote(
        BENCH,
        "three largest of eight effects in {90} % of simulated studies; Optuna's importances of "
        "the same runs do in {25} to {41} %",
        lambda: (
            *column("ranking", KOUKAS, techniques=8, runs=16),
            *bounds_of([share for name in ("fANOVA", "MDI", "PED-ANOVA")
                        for share in column("ranking", f"{name}, factorial, %", techniques=8,
                                            runs=16)]),
        ),
    )  # fmt: skip
    yield Quote(BENCH, "on three data sets, by {0.47} to {0.80} points",
                lambda: bounds_of(list(map(_behind, TASKS))))  # fmt: skip
    yield Quote(BENCH, "**Time**: {12} of {12} plans", _plans_in_time)
    yield Quote(BENCH, "cover {94} to {100} %, and no row has more than {1.6} % of studies",
                lambda: (*covered("coverage"),
                         max(column("coverage", "wrong, %"))))  # fmt: skip
    yield Quote(
        BENCH,
        "16 runs of digits see ({90.9} %), and the largest interaction of digits with 250 images "
        "({92.0} %)",
        lambda: (
            *column("selection", "they cover, %", truth="digits", runs=16),
            *column("selection", "the largest, %", truth="digits, 250 images", runs=64),
        ),
    )
    yield Quote(
        BENCH,
        "but for {4.2} % where three techniques lose 4 points, {5.8} % of *weak "
        "triples*, and all {5} of 400 studies of digits",
        lambda: (
            *column("selection", "false, %", truth="three lose 4 points"),
            *column("selection", "false, %", truth="weak triples"),
            *column("selection", "reversals", truth="digits", runs=64),
        ),
    )
    yield Quote(
        BENCH,
        "Intervals mostly cover 95 to 99 %; {93.2} % is the least",
        lambda: (
            min(min(column("missing", f"coverage, {which}, %"))
                for which in ("interrupted", "lost at random")),
        ),
    )  # fmt: skip
    yield Quote(
        BENCH,
        "all 16 runs of eight techniques give {1.44} points without them, and {0.94} with them. "
        "Two lost runs make that {1.86} and {1.36}",
        lambda: (*_of_sixteen(16), *_of_sixteen(14)),
    )
    yield Quote(BENCH, "({0.58} points after 31 runs, {0.74} after 32)",
                lambda: tuple(
                    column("missing", "half-width, interrupted, points", techniques=8,
                           planned=32, finished=finished)[0]
                    for finished in (31, 32)
                ))  # fmt: skip
    yield Quote(BENCH, "innocent technique in more than {4.0} % of studies, and intervals cover "
                "{94} % or more", _of_failing)  # fmt: skip
    yield Quote(BENCH, "widens all intervals, so few effects are named; no more than {0.5} % of",
                lambda: (max(column("truths", "wrong, %", truth="some diverge")),))  # fmt: skip
    yield Quote(BENCH, "they cover {98.8} % and more",
                lambda: (min(column("truths", "coverage, %", truth="drift")),))  # fmt: skip
    yield Quote("docs/methods.md", "with four looks, in {9} % of studies without any effect",
                lambda: tuple(column("looks", "wrong if each look stood alone, %",
                                     looks="at 16, 32, 64, 128")))  # fmt: skip
    yield Quote(
        BENCH,
        "loses {0.19} to {0.62} points, and that of the best trial, which was lucky too, {0.35} to "
        "{1.18}",
        lambda: (
            *bounds_of(column("other_programs", "loss of the recommended recipe, points")),
            *bounds_of(column("other_programs", "loss of the best trial's, points")),
        ),
    )
    yield Quote(BENCH, "Intervals hold in {95} to {98} % of cases, by random trials and by those",
                lambda: bounds_of(column("other_programs", "coverage, %")))  # fmt: skip
    apart: dict[str, Cell] = {"sampler": "random", "trials": 100.0, "decades apart": 2.0}
    yield Quote(
        BENCH,
        "intervals hold in {93.6} to {99.8} % of cases. Two decades apart, 100 random trials know "
        "the typical effect to ±{0.33} points; were what the learning rate changes in the others "
        "noise, that would be ±{0.76}",
        lambda: (*bounds_of(column("moved_rates", "coverage, %")),
                 *column("moved_rates", "half width, points", **apart),
                 *column("moved_rates", "were that noise", **apart)),
    )  # fmt: skip
    yield Quote(
        BENCH,
        "loses {0.00} to {0.31} points, and the best trial {0.06} to {0.34}",
        lambda: (*bounds_of(column("moved_rates", "lost by the recommended recipe, points")),
                 *bounds_of(column("moved_rates", "lost by the best trial's, points"))),
    )  # fmt: skip
    yield Quote(BENCH, "predicted of the recipe holds in {89} to {100} % of studies",
                lambda: bounds_of(column("moved_rates", "its prediction holds, %")))  # fmt: skip
    yield Quote(
        "docs/methods.md",
        "an effect is known to ±{0.33} points, and would be to ±{0.76} were the interactions noise",
        lambda: (*column("moved_rates", "half width, points", **apart),
                 *column("moved_rates", "were that noise", **apart)),
    )  # fmt: skip
    yield Quote(BENCH, "is mostly right: {15} of the {16} effects have the reference's sign",
                _agreement)  # fmt: skip
    yield Quote(BENCH, "top threes that is lower by {0.4} to {1.7} points",
                lambda: (_lost_by_stopping()[0], _lost_by_stopping()[-1]))  # fmt: skip
    yield Quote(BENCH, "so {59} % of these studies go on to all runs.",
                lambda: tuple(_stopping("end at 64, %", "digits")))  # fmt: skip
    yield Quote(BENCH, "others by {0.4} points with 1,000 images and by {0.8} to {1.6} with 250.",
                lambda: (statistics.fmean(_ahead(1000)), *bounds_of(_ahead(250))))  # fmt: skip
    yield Quote(BENCH, "The next is {0.47} points behind on digits, {0.74} on spoken digits and "
                "{0.80} on CIFAR-10 (JPEG)", lambda: tuple(map(_behind, TASKS)))  # fmt: skip
    yield Quote(BENCH, "came to {97.12} % on digits, {97.48} % on spoken digits and {38.82} % on "
                "CIFAR-10", lambda: tuple(map(_earlier, TASKS)))  # fmt: skip
    yield Quote(BENCH, "TPE and random search end {8} to {59} trials, and kouka {21} to {40}",
                lambda: (*_trials("TPE", "random"), *_trials("kouka")))  # fmt: skip
    yield Quote(
        BENCH,
        "plans took {184} to {202} of the {200} seconds, {379} to {422} of the {420}, and {527} to "
        "{550} of the {540}.",
        lambda: tuple(seconds for data_ in TASKS
                      for seconds in (*_taken(data_), TASKS[data_].seconds)),
    )  # fmt: skip
    yield Quote(BENCH, "{12} of the {12} plans ended within 10 % of their time",
                _plans_in_time)  # fmt: skip
    yield Quote(BENCH, "it is more than needed: {98} to {100} %.", lambda: bounds_of(_tight()))
    yield Quote(BENCH, "HC3 would cover {97} to {100} %",
                lambda: bounds_of(column("coverage", "coverage by HC3, %")))  # fmt: skip
    yield Quote(BENCH, "finds the true three in at most {2} %",
                lambda: (max(column("ranking", "PED-ANOVA, TPE, %")),))  # fmt: skip
    yield Quote("docs/methods.md", "the mean of the last {8} of its {31} epochs makes the effects' "
                "intervals {19} % narrower", _narrower)  # fmt: skip


QUOTES = tuple(_quotes())
CLAIMS = (
    Claim(
        "bench/README.md",
        "On digits no other comes a point above the plain network; on spoken digits all four do",
        _others_gain_a_point_on_one,
    ),
    Claim(
        "bench/README.md",
        "kouka's recipe has the highest mean on all three sets.",
        lambda: all(_behind(data) > 0 for data in TASKS),
    ),
    Claim(
        "bench/README.md",
        "where it was behind KerasTuner and both of TPE's",
        lambda: all(
            float(row["test accuracy, %"] or 0) > _earlier("cifar10")
            for row in rows_of("equal_time")
            if row["data"] == "cifar10" and str(row["who chooses"]).startswith(("Keras", "TPE"))
        ),
    ),
    Claim(
        "bench/README.md",
        "One of its three studies recommended the plain network",
        lambda: (
            [
                row["recipe"]
                for row in rows()
                if (row["data"], row["who chooses"]) == ("cifar10", "an earlier kouka")
            ].count("{}")
            == 1
        ),
    ),
    Claim(
        "bench/README.md",
        "No row has more wrong verdicts than with 64 runs always",
        _no_more_wrong_by_stopping,
    ),
    Claim(
        "bench/README.md", "hold in 93 % of cases or more, but for two", lambda: _below_93() == 2
    ),
    Claim(
        "bench/README.md",
        "kouka's share is the highest of every row but that of 8 techniques in 128 runs, where "
        "fANOVA names all three as often, and over random trials in one study of 100 more",
        _highest_of_every_row,
    ),
)
