"""The products of a study's recommended recipe: a trained model, or a script."""
