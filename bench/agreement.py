r"""Whether what a plan for a time calls clear agrees with many long runs.

    python -m bench.agreement cifar-long STUDY --storage FILE

The runs of `bench/runs/cifar-long.csv` and `digits-long.csv` are the reference, taken at the epoch
at which the study's effects are, or the last that they have, less runs with the seeds of those that
the study's effects rest on. Studies that they can be held to are these, and others with the same
images and network:

    kouka launch plan60 --data FOLDER --train-size 10000 --validation 2000 --width 0.25 \
        --techniques article --time 60m
    kouka launch plan5 --data digits --train-size 1000 --batch-size 32 --width 0.125 --time 5m
"""

from __future__ import annotations

from bench.curves import reference
from bench.options import script_options
from bench.results import reporter
from search import analyse
from search.analysis.long_runs import deciding
from search.storage.studies import load_study


def main() -> None:
    """Print a row for each technique."""
    options = script_options(__doc__)
    options.add_argument("reference", choices=["cifar-long", "digits-long"])
    options.add_argument("study")
    options.add_argument("--storage", required=True)
    given = options.parse_args()
    findings = analyse(load_study(given.storage, given.study))
    found, epochs = findings.deciding_effects, findings.results.launched_with().final_epochs
    assert found is not None, "the study has no effects yet"
    own = {run.seed for run in deciding(findings.results).of("measure")}
    true = reference(given.reference, epochs, own)
    report = reporter("agreement", record=given.record)
    for one in found.effects:
        beside = true.of(one.technique)
        report({
            "study": given.study,
            "technique": one.technique,
            "epochs": epochs,
            "runs": found.runs,
            "effect, points": round(one.effect, 1),
            "low, points": round(one.low, 1),
            "high, points": round(one.high, 1),
            "p, corrected": round(one.p_value, 3),
            "reference runs": true.runs,
            "reference, points": round(beside.effect, 1),
            "its low, points": round(beside.low, 1),
            "its high, points": round(beside.high, 1),
            "its p, corrected": round(beside.p_value, 3),
        })  # fmt: skip


if __name__ == "__main__":
    main()
