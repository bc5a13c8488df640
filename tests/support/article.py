"""The article's first and last networks, written out by hand."""

from __future__ import annotations

import keras
from keras import layers


def base(shape: tuple[int, int, int], classes: int) -> keras.Model:
    inputs = keras.Input(shape)
    x = layers.ReLU()(layers.Conv2D(64, 1, padding="same")(inputs))
    x = layers.ReLU()(layers.Conv2D(64, 3, padding="same")(x))
    x = layers.ReLU()(layers.Conv2D(64, 3, padding="same")(x))
    x = layers.ReLU()(layers.Conv2D(64, 3, strides=2, padding="valid")(x))
    x = layers.ReLU()(layers.Conv2D(128, 3, padding="same")(x))
    x = layers.ReLU()(layers.Conv2D(128, 3, padding="same")(x))
    x = layers.ReLU()(layers.Conv2D(128, 3, strides=2, padding="valid")(x))
    x = layers.ReLU()(layers.Conv2D(256, 3, padding="same")(x))
    x = layers.ReLU()(layers.Conv2D(256, 3, padding="same")(x))
    x = layers.ReLU()(layers.Conv2D(256, 3, strides=2, padding="valid")(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(layers.Flatten()(x)))


def final(shape: tuple[int, int, int], classes: int) -> keras.Model:
    def norm(x: object) -> object:
        return layers.BatchNormalization(momentum=0.9)(x)

    inputs = keras.Input(shape)
    x = layers.ReLU()(norm(layers.Conv2D(64, 1, padding="same")(inputs)))

    y = layers.ReLU()(norm(layers.Conv2D(64, 3, padding="same")(x)))
    y = layers.Conv2D(64, 3, padding="same")(y)
    x = layers.ReLU()(norm(layers.Add()([x, y])))
    x = layers.ReLU()(norm(layers.Conv2D(64, 3, strides=2, padding="valid")(x)))
    x = layers.Dropout(0.2)(x)

    y = layers.ReLU()(norm(layers.Conv2D(64, 3, padding="same")(x)))
    y = layers.Conv2D(64, 3, padding="same")(y)
    x = layers.ReLU()(norm(layers.Add()([x, y])))
    x = layers.ReLU()(norm(layers.Conv2D(128, 3, strides=2, padding="valid")(x)))
    x = layers.Dropout(0.2)(x)

    y = layers.ReLU()(norm(layers.Conv2D(128, 3, padding="same")(x)))
    y = layers.Conv2D(128, 3, padding="same")(y)
    x = layers.ReLU()(norm(layers.Add()([x, y])))
    x = layers.ReLU()(norm(layers.Conv2D(256, 3, strides=2, padding="valid")(x)))
    x = layers.Dropout(0.2)(x)

    pooled = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(pooled))
