"""Training one recipe, from a network and its images to its accuracy by epoch."""
