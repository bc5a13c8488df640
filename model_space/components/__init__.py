"""What networks and training are made of beyond Keras' own: layers, averages of weights."""
