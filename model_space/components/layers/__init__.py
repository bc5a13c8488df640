"""Layers for networks that are compiled once and trained often, with dials that may be variables.

Where Keras has a layer of that name, the one here says why it takes its place.
"""

from model_space.components.layers.batch_normalization import BatchNormalization
from model_space.components.layers.cutmix import CutMix
from model_space.components.layers.dropout import Dropout, StochasticDepth
from model_space.components.layers.mixup import MixUp
from model_space.components.layers.one_of import OneOf
from model_space.components.layers.rand_augment import RandAugment
from model_space.components.layers.random_affine import RandomAffine
from model_space.components.layers.random_color import RandomColor
from model_space.components.layers.random_erasing import RandomErasing
from model_space.components.layers.random_moves import (
    RandomCrop,
    RandomFlip,
    RandomRotation,
    RandomShift,
)
from model_space.components.layers.spec_augment import SpecAugment

__all__ = [
    "BatchNormalization",
    "CutMix",
    "Dropout",
    "MixUp",
    "OneOf",
    "RandAugment",
    "RandomAffine",
    "RandomColor",
    "RandomCrop",
    "RandomErasing",
    "RandomFlip",
    "RandomRotation",
    "RandomShift",
    "SpecAugment",
    "StochasticDepth",
]
