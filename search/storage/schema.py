"""Names of what a study keeps in the database, which writing and reading share.

A trial's parameters are `TECHNIQUE` (False or True) and `TECHNIQUE_DIAL` (a number); its value
is the study's objective on the validation images after the last epoch, as
`model_space.training.scorers` computes it: an accuracy is a fraction. Its intermediate values
are those after each epoch, from 1. The rest are user attributes.
"""

from typing import Literal, get_args

Phase = Literal["measure", "ladder", "search", "verify", "confirm"]
PHASES: tuple[Phase, ...] = get_args(Phase)
"""In the order in which a study goes through them."""

PHASE = "phase"
SEED = "seed"
EPOCHS = "epochs"
"""The epochs that a trial was to train."""
TEST_ACCURACY = "test_accuracy"
TEST_OBJECTIVE = "test_objective"
"""The study's objective on the test images, where that is not accuracy."""
TEST_CORRECT = "test_correct"
"""The test images that a confirm run named right, as `model_space.correctness` packs them."""
TEST_MISTAKES = "test_mistakes"
"""The other test images of a confirm run, as `model_space.mistakes` packs them."""
TRAINING = "training"
"""A confirm run's objective on some training images after each epoch, a list."""
SECONDS_PER_EPOCH = "seconds_per_epoch"
PARAMETERS = "parameters"
DIVERGED = "diverged"
FOLDER = "folder"
"""The folder of a command's run, on the machine of its worker."""
FAILURE = "failure"
"""Why a trial failed, in words."""
INTERRUPTED = "interrupted"
"""The failure of a trial that a user or a lost worker ended; it does not count as a try."""

TRIES = 3
"""How often a planned run is tried before the study goes on without it."""

UNSEEN = "unseen"
"""Seconds before its end in which a lost worker's trial gave no sign of life, by that
worker's clock."""

WORKER = "worker"
"""Who runs, or ran, a trial: host, machine, process and slot; and its time zone."""

CANDIDATES = "candidates"
"""A study's user attribute: `search.results.Candidates` as JSON."""
SETTINGS = "settings"
"""A study's user attribute: the settings it was launched with."""
DATA = "data"
"""A study's user attribute: the data's classes and how many images are of each, image shape, sizes
and fingerprint, and of sounds how they became images."""
VERIFIED = "verified"
"""A study's user attribute: the `search.results.Verified` that its `verify` phase began with."""
DESIGN = "kouka_design"
"""Another program's study's user attribute: the choices and sizes that `enqueue_design` was given,
by which it goes on."""
DESIGN_TRIAL = "kouka_design_trial"
"""The number, in that design, of another program's trial."""
SEED_MATTERS = "seed_matters"
"""A program's study's user attribute: False where two seeds gave the very same first run."""
SHARED_FILES = "shared_files"
"""A program's study's user attribute: files that its first run wrote where all runs work."""
VERSIONS = "versions"
"""A study's user attribute: the versions of what computed it."""


def given_up_by(number: int) -> str:
    """The call of Optuna's that ends a trial which a killed process left running."""
    return f"study.tell({number}, state=optuna.trial.TrialState.FAIL)"
