"""Networks that call the stages they are given, one file each; a study trains one of them.

Each file has `build(image_shape, classes, stages)`, which returns an untrained Keras model from
images, (batch, height, width, channels) in [0, 1], to probabilities, (batch, classes). It may take
the keywords `width` and `depth`, which are then those of the study's budget.
"""
