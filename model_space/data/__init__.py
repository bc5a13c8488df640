"""Data sets: reading, splitting and decoding them; Keras is imported for its own sets alone."""

from model_space.data.dataset import Data
from model_space.data.loading import check_data_name, holds_sounds, load, load_spec
from model_space.data.places import is_set, missing, resolve, short, stem
from model_space.data.source import DataError, Progress
from model_space.data.spec import Columns, DataSpec

__all__ = [
    "Columns",
    "Data",
    "DataError",
    "DataSpec",
    "Progress",
    "check_data_name",
    "holds_sounds",
    "is_set",
    "load",
    "load_spec",
    "missing",
    "resolve",
    "short",
    "stem",
]
