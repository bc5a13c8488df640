"""Data sets: reading, splitting and decoding them; Keras is imported for its own sets alone."""

from model_space.data.dataset import Data
from model_space.data.folder import holds_sounds
from model_space.data.loading import is_set, load, load_spec
from model_space.data.source import DataError, Progress
from model_space.data.spec import DataSpec

__all__ = [
    "Data",
    "DataError",
    "DataSpec",
    "Progress",
    "holds_sounds",
    "is_set",
    "load",
    "load_spec",
]
