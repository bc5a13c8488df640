"""Networks made of whatever stages a recipe hands them, one file each; a study trains one of them.

Each file has `build(image_shape, classes, recipe)`, which returns an untrained Keras model from
images, (batch, height, width, channels) in [0, 1], to probabilities, (batch, classes). It may take
the keywords `width` and `depth`, which are then the study's.
"""
