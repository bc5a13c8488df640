"""Training: from a recipe, data, a budget and a seed to a trained network and its scores."""
