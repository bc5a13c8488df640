"""Which recipe comes out of as much time: kouka's, or that of what people would use.

    python -m bench.equal_time digits
    python -m bench.equal_time spoken=FOLDER cifar10=FOLDER --seeds 3

Each side has the same time on the same cores, a process for each core where it can use them, and
the same techniques and dials to choose from; `taskset -c 1` before the command gives it one core.
Then the recipe that it ends with is trained anew at the long budget, with fresh seeds, and tested.
Rivals train by Keras' `fit`, and end a trial that the time runs out in; its result does not count.
Each row goes to `bench/runs/equal-time.csv` when it is made; the same command makes those that are
missing, and prints the table of all.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from bench.curves import reference
from bench.options import script_options
from bench.results import Row, reporter
from bench.rivals import arrays, batches, network
from model_space.budget import Budget
from model_space.data import DataSpec, load
from model_space.recipe import Recipe
from model_space.techniques import SETS, TECHNIQUES, usual
from search.analysis.effects import CERTAIN, effects_of

RUNS = Path(__file__).with_name("runs") / "equal-time.csv"
COLUMNS = ("data", "seconds", "cores", "who chooses", "seed", "recipe", "tests", "taken", "trials",
           "clear")  # fmt: skip
JUDGES = 3
"""Seeds by which a recipe is tested."""
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Task:
    """A data set, the budget at which its network will be used, and the time to choose in."""

    train_size: int | None
    validation: float
    epochs: int
    batch_size: int
    width: float
    seconds: int

    @property
    def budget(self) -> Budget:
        """The long budget."""
        return Budget(epochs=self.epochs, batch_size=self.batch_size, width=self.width)


TASKS = {
    "digits": Task(1000, 0.2, 30, 32, 0.125, 200),
    "spoken": Task(1000, 0.2, 20, 32, 0.125, 420),
    "cifar10": Task(2000, 1000, 20, 128, 0.125, 540),
}


@dataclass(frozen=True)
class Choice:
    """What a side ends with."""

    recipe: Recipe
    trials: int = 0
    """How many have ended, by themselves or by a pruner."""
    clear: Mapping[str, float] = field(default_factory=dict)
    """The effects that kouka calls clear, in points."""


class OutOfTimeError(Exception):
    """Ends a rival's trial."""


def suggested(
    switch: Callable[[str], bool], dial: Callable[[str, float, float, bool], float]
) -> Recipe:
    """A recipe of the article's techniques, by a tuner's own switches and dials."""
    return {
        technique.name: {
            one.name: dial(f"{technique.name}_{one.name}", one.low, one.high, one.log)
            for one in technique.dials
        }
        for technique in TECHNIQUES
        if technique.name in SETS["article"] and switch(technique.name)
    }


def optuna_side(kind: str, name: str, task: Task, seed: int, until: float, part: int) -> None:
    """One of the processes of an Optuna study that share a database."""
    import keras
    import optuna

    random.seed(seed + part)
    keras.utils.set_random_seed(1000 * seed + part)
    data = load(name, train_size=task.train_size, validation=task.validation)
    pruners: dict[str, optuna.pruners.BasePruner] = {
        "TPE, median pruner": optuna.pruners.MedianPruner(),
        "TPE, Hyperband": optuna.pruners.HyperbandPruner(1, task.epochs, 3),
        "random search": optuna.pruners.NopPruner(),
    }
    sampler = (optuna.samplers.RandomSampler if kind == "random search"
               else optuna.samplers.TPESampler)(seed=1000 * seed + part)  # fmt: skip
    study = optuna.load_study(storage="sqlite:///rival.db", study_name="rival", sampler=sampler,
                              pruner=pruners[kind])  # fmt: skip

    def objective(trial: optuna.Trial) -> float:
        keras.backend.clear_session()
        recipe = suggested(
            lambda each: bool(trial.suggest_categorical(each, [False, True])),
            lambda each, low, high, log: trial.suggest_float(each, low, high, log=log),
        )
        trial.set_user_attr("recipe", recipe)

        def ended(epoch: int, logs: dict[str, float]) -> None:
            if time.time() > until:
                raise OutOfTimeError
            trial.report(logs["val_accuracy"], epoch)
            if epoch + 1 < task.epochs and trial.should_prune():
                raise optuna.TrialPruned

        history = network(recipe, data, {"width": task.width}).fit(
            batches(data, recipe, {"batch_size": task.batch_size}), epochs=task.epochs,
            validation_data=arrays(data)[1], verbose=0,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=ended)],
        )  # fmt: skip
        return float(history.history["val_accuracy"][-1])

    study.optimize(objective, timeout=until - time.time(), catch=OutOfTimeError)


def keras_tuner_side(name: str, task: Task, seed: int, until: float) -> None:
    """KerasTuner's Hyperband, which has one process."""
    import keras
    import keras_tuner

    random.seed(seed)
    data = load(name, train_size=task.train_size, validation=task.validation)

    def recipe_of(tuner: Any) -> Recipe:
        def dial(each: str, low: float, high: float, log: bool) -> float:
            return float(tuner.Float(each, low, high, sampling="log" if log else "linear"))

        return suggested(tuner.Boolean, dial)

    class InTime(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if time.time() > until:
                raise keras_tuner.errors.FatalRuntimeError("out of time")

    class Model(keras_tuner.HyperModel):  # type: ignore[misc]
        def build(self, tuner: Any) -> Any:
            return network(recipe_of(tuner), data, {"width": task.width})

        def fit(self, tuner: Any, model: Any, *arguments: Any, **options: Any) -> Any:
            options["callbacks"] = [*options["callbacks"], InTime()]
            images = batches(data, recipe_of(tuner), {"batch_size": task.batch_size})
            return model.fit(images, *arguments, **options)

    tuner = keras_tuner.Hyperband(
        Model(), objective="val_accuracy", max_epochs=task.epochs, factor=3,
        hyperband_iterations=100, seed=seed, directory=".", project_name="tuner",
    )  # fmt: skip
    with contextlib.suppress(keras_tuner.errors.FatalRuntimeError):
        tuner.search(validation_data=arrays(data)[1], verbose=0)
    best = tuner.get_best_hyperparameters(1)[0]
    trials = [trial for trial in tuner.oracle.trials.values() if trial.score is not None]
    Path("found.json").write_text(json.dumps([recipe_of(best), len(trials)]))


def optuna_found(folder: Path) -> Choice:
    """The best trial's recipe."""
    import optuna

    study = optuna.load_study(study_name="rival", storage=f"sqlite:///{folder / 'rival.db'}")
    ended = [one for one in study.trials if one.state.name in ("COMPLETE", "PRUNED")]
    return Choice(study.best_trial.user_attrs["recipe"], len(ended))


def rival(kind: str, name: str, data: str, seed: int, folder: Path) -> Choice:
    """Let a rival choose for as long as the task says, in processes of its own."""
    import optuna

    until = time.time() + TASKS[name].seconds
    storage = f"sqlite:///{folder / 'rival.db'}"
    optuna.create_study(storage=storage, study_name="rival", direction="maximize")
    parts = 1 if kind == "KerasTuner, Hyperband" else CORES
    threads = {"TF_NUM_INTRAOP_THREADS": str(CORES // parts)}
    running = []
    for part in range(parts):
        job = json.dumps([kind, data, seed, until, part])
        running.append(subprocess.Popen(
            [sys.executable, "-m", "bench.equal_time", name, "--job", job],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, **threads, "TF_CPP_MIN_LOG_LEVEL": "3",
                 "PYTHONPATH": str(Path(__file__).parents[1])},
        ))  # fmt: skip
    for process in running:
        _, said = process.communicate()
        if process.returncode:
            raise RuntimeError(said.decode(errors="replace")[-2000:])
    if (folder / "found.json").exists():
        return Choice(*json.loads((folder / "found.json").read_text()))
    return optuna_found(folder)


def kouka(name: str, data: str, seed: int, folder: Path) -> Choice:
    """Let `kouka launch --time` choose for the same time."""
    task = TASKS[name]
    from search.analysis.long_runs import long_study
    from search.final.recipe import recommended_params
    from search.planning.space import Space
    from search.storage.reading import read
    from search.storage.studies import load_study

    size = [] if task.train_size is None else ["--train-size", str(task.train_size)]
    subprocess.run(
        [sys.executable, "-c", "from search.cli import main; main()", "launch", "ours",
         "--data", data, *size, "--validation", str(task.validation), "--batch-size",
         str(task.batch_size), "--width", str(task.width), "--techniques", "article",
         "--time", f"{task.seconds}s", "--verify-epochs", str(task.epochs), "--seed", str(seed),
         "--workers", str(CORES)],
        cwd=folder, check=True, stdout=(folder / "printed").open("w"),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]),
             "KOUKA_STORAGE": "sqlite:///ours.db", "KOUKA_CHECKPOINTS": "checkpoints"},
    )  # fmt: skip
    results = read(load_study(f"sqlite:///{folder / 'ours.db'}", "ours"))
    decides = long_study(results) or results
    fitted = effects_of(decides)
    clear = {one.technique: round(one.effect, 2) for one in (fitted.effects if fitted else ())
             if one.verdict in CERTAIN}  # fmt: skip
    ended = [run for run in results.runs if run.value is not None]
    recipe = Space.of(results.launched_with()).recipe(recommended_params(results))
    return Choice(recipe, len(ended), clear)


def everything(name: str, data: str, seed: int, folder: Path) -> Choice:
    """All techniques, at their usual dials."""
    return Choice(usual(SETS["article"]))


def nothing(name: str, data: str, seed: int, folder: Path) -> Choice:
    """None."""
    return Choice({})


Side = Callable[[str, str, int, Path], Choice]
SIDES: dict[str, Side] = {"kouka": kouka, "everything on": everything, "nothing on": nothing}
for _kind in ("TPE, median pruner", "TPE, Hyperband", "random search", "KerasTuner, Hyperband"):
    SIDES[_kind] = lambda name, data, seed, folder, kind=_kind: rival(  # type: ignore[misc]
        kind, name, data, seed, folder
    )


def tested(recipe: Recipe, data: str, task: Task, seed: int) -> list[float]:
    """Test accuracies of a recipe at the long budget, by fresh seeds, as fractions."""
    from model_space.worker.client import Worker
    from search.running.hardware import threads_of_each

    spec = DataSpec(data, validation=task.validation, train_size=task.train_size)
    todo = [10_000 + JUDGES * seed + judge for judge in range(JUDGES)]
    found: list[float] = []

    def work() -> None:
        worker = Worker(spec, threads_of_each("1"))
        worker.start()
        while todo:
            outcome = worker.train(recipe, task.budget, todo.pop(), lambda *_: True)
            assert outcome.test_accuracy is not None
            found.append(outcome.test_accuracy)
        worker.stop()

    threads = [threading.Thread(target=work) for _ in range(CORES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def rows() -> list[dict[str, str]]:
    """What was measured so far."""
    if not RUNS.exists():
        return []
    with RUNS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measure(data: str, name: str, side: str, seed: int) -> dict[str, Any]:
    """Let one side choose once, and test what it chose."""
    task = TASKS[name]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = SIDES[side](name, data, seed, Path(folder))
    taken = time.monotonic() - began
    tests = tested(found.recipe, data, task, seed)
    return {
        "data": name, "seconds": task.seconds, "cores": CORES, "who chooses": side, "seed": seed,
        "recipe": json.dumps(found.recipe), "tests": " ".join(f"{one:.4f}" for one in tests),
        "taken": round(taken), "trials": found.trials, "clear": json.dumps(dict(found.clear)),
    }  # fmt: skip


def summary(name: str, side: str) -> Row:
    """The row of a side in the table."""
    here = [row for row in rows() if row["data"] == name]
    of = {(row["who chooses"], int(row["seed"])): 100 * fmean(map(float, row["tests"].split()))
          for row in here}  # fmt: skip
    mine = {seed: accuracy for (who, seed), accuracy in of.items() if who == side}
    beside = [accuracy - of["kouka", seed] for seed, accuracy in mine.items()
              if side != "kouka" and ("kouka", seed) in of]  # fmt: skip
    error = stdev(mine.values()) / len(mine) ** 0.5 if len(mine) > 1 else None
    return {
        "data": name,
        "who chooses": side,
        "seconds": TASKS[name].seconds,
        "cores": "/".join(sorted({row["cores"] for row in here})),
        "epochs": TASKS[name].epochs,
        "seeds": len(mine),
        "test accuracy, %": round(fmean(mine.values()), 2),
        "standard error, points": None if error is None else round(error, 2),
        "beside kouka, points": round(fmean(beside), 2) if beside else None,
    }


def signs(name: str) -> Row | None:
    """How the signs of kouka's clear effects compare with those of many long runs, if there are."""
    if not (RUNS.parent / f"{name}-long.csv").exists():
        return None
    fitted = reference(f"{name}-long", TASKS[name].epochs)
    true = {one.technique: one for one in fitted.effects}
    claims = [
        (true[technique], points)
        for row in rows()
        if (row["data"], row["who chooses"]) == (name, "kouka")
        for technique, points in json.loads(row["clear"]).items()
    ]
    return {
        "data": name,
        "long runs": fitted.runs,
        "clear among them": sum(one.verdict in CERTAIN for one in true.values()),
        "kouka's clear effects": len(claims),
        "of the same sign": sum(one.effect * points > 0 for one, points in claims),
        "clearly of the other sign": sum(
            one.effect * points < 0 and one.verdict in CERTAIN for one, points in claims
        ),
    }


def main() -> None:
    """Make what is missing, and print a row for each data set and side."""
    options = script_options(__doc__)
    options.add_argument("data", nargs="+", help="digits, spoken=FOLDER or cifar10=FOLDER")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--sides", nargs="*", default=list(SIDES))
    options.add_argument("--job", help=argparse.SUPPRESS)
    given = options.parse_args()
    sources = dict(one.partition("=")[::2] for one in given.data)
    if given.job:
        kind, data, seed, until, part = json.loads(given.job)
        task = TASKS[next(iter(sources))]
        if kind == "KerasTuner, Hyperband":
            keras_tuner_side(data, task, seed, until)
        else:
            optuna_side(kind, data, task, seed, until, part)
        return
    done = {(row["data"], row["who chooses"], row["seed"]) for row in rows()}
    fresh = not RUNS.exists()
    for seed in range(given.seeds):
        for name, folder in sources.items():
            data = str(Path(folder).resolve()) if folder else name
            for side in given.sides:
                if (name, side, str(seed)) in done:
                    continue
                made = measure(data, name, side, seed)
                print({k: made[k] for k in COLUMNS if k != "recipe"}, file=sys.stderr, flush=True)
                with RUNS.open("a", newline="", encoding="utf-8") as file:
                    table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                    if fresh:
                        table.writeheader()
                        fresh = False
                    table.writerow(made)
    report = reporter("equal_time", record=given.record)
    for name in sources:
        for side in given.sides:
            report(summary(name, side))
    report = reporter("signs", record=given.record)
    for row in filter(None, map(signs, sources)):
        report(row)


if __name__ == "__main__":
    main()
