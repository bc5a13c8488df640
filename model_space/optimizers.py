"""Keras' optimizers, as fast as TensorFlow's kernels make them."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


class Adam(keras.optimizers.Adam):  # type: ignore[misc]
    """Keras' Adam, with one of TensorFlow's kernels for each update on a CPU.

    Keras' own update is thirty operations, which take twice as long to trace; on a GPU, and on
    JAX, XLA makes one kernel of them. Sources: Kingma & Ba 2015, arXiv:1412.6980; AMSGrad: Reddi et
    al. 2018, arXiv:1904.09237; decoupled decay: Loshchilov & Hutter 2019, arXiv:1711.05101.
    """

    def __init__(self, learning_rate: Any, *, decoupled_decay: Any = None, **options: Any) -> None:
        """Shrink kernels by `decoupled_decay` times the learning rate a step, before the update.

        Keras' own option recognizes biases by their names, which TensorFlow's variables need not
        have, and computes a schedule's learning rate for each weight.
        """
        super().__init__(learning_rate, **options)
        self.decoupled_decay = decoupled_decay

    def apply(self, gradients: Any, trainable_variables: Any = None) -> None:
        """Update all variables by their gradients: one step."""
        made: dict[Any, dict[str, Any]] = {}

        def shared(dtype: Any, learning_rate: Any) -> dict[str, Any]:
            if dtype not in made:
                made[dtype] = self._numbers(dtype, learning_rate)
            return made[dtype]

        # Once a step, as numbers for each variable would be half of what there is to trace.
        self._shared = shared
        super().apply(gradients, trainable_variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable and its slots."""
        # Vectors are biases, or the scales and shifts of normalization.
        if self.decoupled_decay is not None and len(variable.shape) > 1:
            share = ops.cast(learning_rate * self.decoupled_decay, variable.dtype)
            variable.assign_sub(variable * share)
        if keras.backend.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        if tf.config.list_physical_devices("GPU"):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        slots = {"m": self._momentums, "v": self._velocities}
        kernel = tf.raw_ops.ResourceApplyAdam
        if self.amsgrad:
            slots["vhat"] = self._velocity_hats
            kernel = tf.raw_ops.ResourceApplyAdamWithAmsgrad
        kernel(
            var=variable.handle,
            **{name: variables[index].value.handle for name, variables in slots.items()},
            **self._shared(variable.dtype, learning_rate),
            grad=tf.cast(gradient, variable.dtype),
        )

    def _numbers(self, dtype: Any, learning_rate: Any) -> dict[str, Any]:
        """Return the numbers that the kernel takes for every variable of a type."""
        import tensorflow as tf

        beta1, beta2 = (tf.constant(beta, dtype) for beta in (self.beta_1, self.beta_2))
        step = tf.cast(tf.convert_to_tensor(self.iterations) + 1, dtype)
        return {
            "beta1": beta1, "beta1_power": beta1**step,
            "beta2": beta2, "beta2_power": beta2**step,
            "lr": tf.cast(learning_rate, dtype), "epsilon": tf.constant(self.epsilon, dtype),
        }  # fmt: skip
