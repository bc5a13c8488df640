"""Networks of `keras.applications`: which there are, their weights, and the stages they call."""
