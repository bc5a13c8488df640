"""How long `kouka export` takes, and how much memory, for a study of many trials.

    python -m bench.export              # 64 and 2,000 trials of 100 epochs
    python -m bench.export --trials 64

Makes a study of computed accuracies in a temporary folder, exports it by the command as a user
would, and prints the seconds and the peak memory of the whole command. Goals: 64 trials in 3 s,
2,000 under 20 s and 1 GB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution

from bench.options import script_options
from bench.results import reporter
from model_space.techniques import SETS
from search.planning.design import design

EPOCHS = 100
NAMES = SETS["article"]


def make(url: str, trials: int) -> None:
    """Store a study: a design of 64 runs, then runs of a search with free dials."""
    random = np.random.default_rng(0)
    study = optuna.create_study(study_name="large", storage=url, direction="maximize")
    rows = [*design(len(NAMES), 64, 64), *(random.random((max(0, trials - 64), len(NAMES))) < 0.6)]
    worth = random.normal(0, 3, len(NAMES))
    for number, row in enumerate(rows[:trials]):
        study.add_trial(trial(number, row, float(worth @ row), random))


def trial(
    number: int, row: np.ndarray, worth: float, random: np.random.Generator
) -> optuna.trial.FrozenTrial:
    """A finished trial with its accuracies by epoch; a fifth of the search's are pruned."""
    measured = number < 64
    params: dict[str, bool | float] = {n: bool(on) for n, on in zip(NAMES, row, strict=True)}
    space: dict[str, optuna.distributions.BaseDistribution] = dict.fromkeys(
        NAMES, CategoricalDistribution([False, True])
    )
    for name, (low, high) in {"dropout": (0.05, 0.5), "mixup": (0.05, 1.0)}.items():
        if params[name]:
            dial = "dropout_rate" if name == "dropout" else "mixup_alpha"
            params[dial] = 0.2 if measured else float(random.uniform(low, high))
            space[dial] = FloatDistribution(low, high)
    accuracy = (70 + worth + 0.3 * random.standard_normal()) / 100
    pruned = not measured and number % 5 == 0
    last = EPOCHS // 5 if pruned else EPOCHS
    return optuna.trial.create_trial(
        state=optuna.trial.TrialState.PRUNED if pruned else optuna.trial.TrialState.COMPLETE,
        value=None if pruned else accuracy,
        params=params,
        distributions=space,
        intermediate_values={e: accuracy * (1 - 0.9**e) for e in range(1, last + 1)},
        user_attrs={
            "phase": "measure" if measured else "search", "seed": number,
            "test_accuracy": accuracy, "seconds_per_epoch": 1.0 + 0.1 * random.random(),
            "parameters": 1_978_442,
        },
    )  # fmt: skip


def measure(url: str, out: Path) -> tuple[float, float]:
    """Seconds and peak mebibytes of one export, in a process of its own."""
    began = time.perf_counter()
    kouka = [sys.executable, "-c", "from search.cli import main; main()", "export", "large"]
    child = subprocess.Popen([*kouka, "--storage", url, "--out", str(out)],
                             stdout=subprocess.DEVNULL)  # fmt: skip
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"the export failed with status {status}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def main() -> None:
    """Measure each size three times and print the medians."""
    parser = script_options(__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[64, 2000])
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    arguments = parser.parse_args()
    report = reporter("export", record=arguments.record)
    for trials in arguments.trials:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/studies.db"
            make(url, trials)
            taken = [measure(url, Path(folder) / "out") for _ in range(3)]
        seconds, memory = (float(np.median([one[at] for one in taken])) for at in (0, 1))
        report({
            "trials": trials,
            "epochs": EPOCHS,
            "seconds, median of 3": round(seconds, 1),
            "peak memory, MiB": round(memory),
        })  # fmt: skip


if __name__ == "__main__":
    main()
