"""Training: from a recipe, data, a budget and a seed to a trained network and its scores.

A network takes seconds to trace or compile, a small run little more. So a process keeps what it has
compiled, and a later run of the same structure begins with new values: weights, random states,
slots of the optimizer, dials, and the learning rate. What changes the graph is the structure
(`Registry.structure`): which techniques are on, and sizes; the epochs too, where the learning rate
follows the steps. Every run equals the same run in a new process, to the last bit.

TensorFlow on a CPU has one graph for each structure. Techniques as conditions in one graph keep
every bit, but cost 8 to 10 % of each step, on or off, and take twice as long to trace. JAX has two
programs for a step, of the batch and of the training on it, and finds either in its cache on the
disk where another recipe, run or study has compiled it.
"""
