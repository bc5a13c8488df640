"""Components of networks and of training beyond Keras' own: layers, and averages of weights."""
