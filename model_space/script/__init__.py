"""Scripts: a recipe as a Keras script that stands alone, written by a child process.

The script is executed up to the training, and its network is compared with the recipe's, before it
is returned: what cannot be written is refused, and nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model_space.budget import Budget
from model_space.child import ChildError, ask
from model_space.custom.code import CustomCode, CustomCodeError
from model_space.data import DataError, DataSpec
from model_space.facts import DataFacts
from model_space.recipe import Recipe
from model_space.worker.client import TrainingError
from model_space.worker.environment import keras_environment


@dataclass(frozen=True)
class Order:
    """An order for a script: the recipe, its training and its data."""

    about: tuple[str, ...]
    """Paragraphs at the top of the script."""
    recipe: Recipe
    budget: Budget
    backend: str
    seed: int
    """Of the weights, the order of the images and every random draw."""
    data: DataSpec
    facts: DataFacts
    """The facts of the study's data, which those of `data` must equal."""
    custom_code: CustomCode = field(default_factory=CustomCode)


@dataclass(frozen=True)
class Answer:
    """A script, or the reason why there is none."""

    script: str = ""
    data_refused: str | None = None
    code_refused: str | None = None


def write(order: Order) -> str:
    """Return the script. The data are listed and split, but not decoded.

    Raises `DataError`, `CustomCodeError`, and `TrainingError` where the process dies.
    """
    environment = {**keras_environment(), "KERAS_BACKEND": order.backend}
    try:
        answer = ask("model_space.script.writer", order, Answer, environment)
    except ChildError as error:
        raise TrainingError(f"the process that writes the script {error}") from error
    if answer.data_refused is not None:
        raise DataError(answer.data_refused)
    if answer.code_refused is not None:
        raise CustomCodeError(answer.code_refused)
    return answer.script
