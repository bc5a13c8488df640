"""What is quoted of hardware: how fast a machine trains, and what that takes."""

from __future__ import annotations

import math
from typing import Any

from bench.results import column
from docs.shipped import FULL, data, findings, settings, study
from tests.support.quoted.kinds import Numbers, Quote
from tests.support.quoted.numbers import bounds_of, fit, minutes

BENCH = "bench/README.md"
MACHINES = "docs/many-machines.md"
ARTICLE = "docs/article.md"


def _rate() -> tuple[float]:
    """TFLOP/s of the training of the long design, by the longhand operations of its networks."""
    operations = 0
    for run in findings(FULL).results.of("measure"):
        inside = (64, 64, 128) if "late_widening" in run.on else (64, 128, 256)
        size, channels = 32, 64
        products = size**2 * 3 * channels
        for width, next_channels in zip(inside, (64, 128, 256), strict=True):
            products += size**2 * 9 * (channels * width + width**2)
            size = (size - 1) // 2
            products += size**2 * 9 * width * next_channels
            channels = next_channels
        products += channels * 10 * (1 if "global_pooling" in run.on else size**2)
        operations += 2 * 3 * products * data(FULL).train * settings(FULL).epochs
    return (operations / _seconds()[-1] / 1e12,)


def _seconds() -> list[float]:
    """Seconds from the beginning of the long design to the end of each of its runs, in order."""
    trials = study(FULL).trials
    began = min(trial.datetime_start for trial in trials if trial.datetime_start)
    return sorted((trial.datetime_complete - began).total_seconds()
                  for trial in trials if trial.datetime_complete)  # fmt: skip


def _on_a_gpu(*rows_: tuple[int, int, str]) -> Numbers:
    """TFLOP/s in sum with all techniques off in bfloat16: of a batch, so many at once, and MPS."""
    return lambda: tuple(
        column("gpu", "TFLOP/s", batch=batch, precision="mixed_bfloat16", **{"at once": many},
               MPS=mps)[0]
        for batch, many, mps in rows_
    )  # fmt: skip


def _seconds_of(rival: str, side: str) -> float:
    return column("rivals", side, rival=rival)[0]


def _compiled(cache: str) -> tuple[float, ...]:
    """Seconds of a processor to compile the recipes, now and before."""
    return tuple(
        column("compiling", "seconds of a processor", cache=cache, kouka=kouka)[0]
        for kouka in ("now", "before")
    )


def _more_at_once(width: float) -> tuple[float, float]:
    """Percent that two workers of one thread train more than one of two."""
    one, two = (column("cpu_at_once", "images a second", width=width, workers=workers)
                for workers in ("one of two threads", "two of one thread"))  # fmt: skip
    return bounds_of([100 * (b / a - 1) for a, b in zip(one, two, strict=True)])


def _took(workers: int) -> float:
    (seconds,) = column("efficiency", "first run to last, s", study="digits", workers=workers)
    return seconds


def _step(column_: str, width: float, techniques: str = "all off",
          precision: str = "float32") -> float:  # fmt: skip
    (found,) = column("cpu_steps", column_, width=width, techniques=techniques,
                      precision=precision)  # fmt: skip
    return found


def _slower_in_bfloat16(width: float) -> float:
    return _step("step, ms", width, precision="mixed_bfloat16") / _step("step, ms", width)


def _of_a_processor(command: str) -> tuple[float, ...]:
    """Seconds that a command takes now, and took before."""
    return tuple(
        column("start", "of a processor", command=f"kouka {command} large", kouka=kouka)[0]
        for kouka in ("now", "before")
    )


def _level(column_: str, loop: str = "kouka", images: str = "as they are",
           count: int = 10_000) -> list[float]:  # fmt: skip
    """A column of the levels, with all techniques off and with all on."""
    return column("levels", column_, loop=loop, images=images, **{"of them": count})


def _less(**side: Any) -> list[float]:
    """Points that a side comes to less than kouka does on all images."""
    return [-difference for difference in _level("difference, points", **side)]


def _of_a_tenth() -> list[float]:
    """What a tenth of the images costs, at the rate of half of them."""
    return [math.log2(50 / 45) * half for half in _less(count=5000)]


def _compressed() -> tuple[float, ...]:
    """What another compression changes, and the standard errors of that."""
    again = "compressed again"
    changes = _level("difference, points", images=again)
    return (*changes, *_level("standard error, points", images=again))


def _epoch(backend: str, loop: str) -> float:
    (found,) = column("cpu_fit", "an epoch, s", data="digits", backend=backend, loop=loop)
    return found


QUOTES = (
    Quote(
        BENCH,
        "comes to {0.5} points less with all off and to {2.2} less with all on",
        lambda: tuple(_less(loop="fit")),
    ),
    Quote(
        BENCH,
        "changed the accuracy by {0.0} and by {-1.0} points",
        lambda: _compressed()[:2],
    ),
    Quote(
        BENCH,
        "Half as many images cost {4.2} and {6.9} points. Holding out 5,000 of 50,000 is {0.15} of "
        "a halving, which at this rate costs {0.6} and {1.0} points",
        lambda: (*_less(count=5000), math.log2(50 / 45), *_of_a_tenth()),
    ),
    Quote(
        ARTICLE,
        "Keras' `fit` comes to {0.5} and {2.2} points less (standard errors {1.9} and {1.0})",
        lambda: (*_less(loop="fit"), *_level("standard error, points", loop="fit")),
    ),
    Quote(
        ARTICLE,
        "half as many cost {4.2} and {6.9} points, by which a tenth costs {0.6} and {1.0}",
        lambda: (*_less(count=5000), *_of_a_tenth()),
    ),
    Quote(
        ARTICLE,
        "compressing once more changes {0.0} and {-1.0} points (standard errors {2.1} and {1.0})",
        _compressed,
    ),
    Quote(
        BENCH,
        "`status large` takes {0.57} s instead of {1.55}, and `export` {2.78} s instead of {4.08}",
        lambda: (*_of_a_processor("status"), *_of_a_processor("export")),
    ),
    Quote(
        BENCH,
        "On TensorFlow, `fit` takes {2.3} times as long",
        lambda: (_epoch("tensorflow", "fit") / _epoch("tensorflow", "kouka"),),
    ),
    Quote(
        BENCH,
        "{87} % at width 0.25 and {96} % at width 1, where they run at {88} % of the matrix "
        "product's rate",
        lambda: (
            _step("convolutions, %", 0.25),
            _step("convolutions, %", 1.0),
            _step("of a matrix product's, %", 1.0),
        ),
    ),
    Quote(
        BENCH,
        "by {1.6} times at width 0.25 and {1.8} times at width 1, all off",
        lambda: (_slower_in_bfloat16(0.25), _slower_in_bfloat16(1.0)),
    ),
    Quote(
        BENCH,
        "Validating costs {30} % of training on as many images",
        lambda: (_step("judging as many images, %", 1.0),),
    ),
    Quote(
        MACHINES, "{52} seconds with two workers and {117} with one", lambda: (_took(2), _took(1))
    ),
    Quote(
        MACHINES,
        "all techniques off, at {167} TFLOP/s, and three at {158} in sum; under MPS "
        "two came to {216}, three to {237} and four to {239}. A batch of 1,024 brings "
        "one process to {318}.",
        _on_a_gpu(
            (128, 1, "without"),
            (128, 3, "without"),
            (128, 2, "with"),
            (128, 3, "with"),
            (128, 4, "with"),
            (1024, 1, "without"),
        ),
    ),
    Quote(
        MACHINES,
        "A study of {16} recipes of the article's techniques, {100} epochs on {45,000} images by "
        "six workers under MPS, averaged {145} TFLOP/s and took {7.7} minutes",
        lambda: (fit(FULL).runs, settings(FULL).epochs, data(FULL).train, *_rate(), *minutes(FULL)),
    ),
    Quote(
        BENCH,
        "in {463} s from the beginning of the first to the end of the last. That is {145} TFLOP/s",
        lambda: (_seconds()[-1], *_rate()),
    ),
    Quote(
        BENCH,
        "eight runs take {232} s; but of its sixteen, six "
        "had ended after {240} s, and eight after {342} s",
        lambda: (_seconds()[-1] / 2, _seconds()[5], _seconds()[7]),
    ),
    Quote(
        BENCH,
        "0.85 of a digits study's time spent on training (it was {0.68})",
        lambda: tuple(column("efficiency", "efficiency", study="digits", workers=1)),
    ),
    Quote(
        BENCH,
        "*keras-tuner* that is {1.90}, short of 2",
        lambda: (_seconds_of("keras-tuner", "rival, s") / _seconds_of("keras-tuner", "kouka, s"),),
    ),
    Quote(
        BENCH,
        "it is not met: {43.7} of {68.2} s. With a filled one it nearly is, at {7.2} s",
        lambda: (*_compiled("empty"), _compiled("filled")[0]),
    ),
    Quote(
        BENCH,
        "Two workers train {14} to {24} % more images at width 0.25, and {3} to "
        "{5} % more at width 1",
        lambda: (*_more_at_once(0.25), *_more_at_once(1.0)),
    ),
    Quote(
        BENCH,
        "took {52.3} s from its first run to its last with two workers, and {117.0} s with one, "
        "{2.2} times as long",
        lambda: (_took(2), _took(1), _took(1) / _took(2)),
    ),
)
