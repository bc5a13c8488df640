"""Keras' optimizers, as fast as TensorFlow's kernels make them."""

from __future__ import annotations

from typing import Any

import keras


class Adam(keras.optimizers.Adam):  # type: ignore[misc]
    """As Keras' own, but on a CPU one of TensorFlow's kernels updates a variable.

    Keras has thirty operations do it, which take twice as long to trace; on a GPU, and on JAX, XLA
    makes one kernel of them. Sources: Kingma &
    Ba 2015, arXiv:1412.6980; AMSGrad: Reddi et al. 2018, arXiv:1904.09237.
    """

    def build(self, variables: list[Any]) -> None:
        """Make the slots of these weights.

        Where weights decay, biases and the scales and shifts of normalization do not: they are the
        vectors. Keras would tell them by names, which TensorFlow's variables may lack.
        """
        if self.weight_decay is not None:
            self.exclude_from_weight_decay([v for v in variables if len(v.shape) < 2])
        super().build(variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable and its slots."""
        if keras.backend.backend() != "tensorflow":
            super().update_step(gradient, variable, learning_rate)
            return
        import tensorflow as tf

        if tf.config.list_physical_devices("GPU"):
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        step = tf.cast(tf.convert_to_tensor(self.iterations) + 1, variable.dtype)
        slots = {"m": self._momentums, "v": self._velocities}
        kernel = tf.raw_ops.ResourceApplyAdam
        if self.amsgrad:
            slots["vhat"] = self._velocity_hats
            kernel = tf.raw_ops.ResourceApplyAdamWithAmsgrad
        kernel(
            var=variable.handle,
            **{name: variables[index].value.handle for name, variables in slots.items()},
            beta1_power=self.beta_1**step,
            beta2_power=self.beta_2**step,
            lr=tf.cast(learning_rate, variable.dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, variable.dtype),
        )
