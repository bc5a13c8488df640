"""The products of a study's best recipe: a trained model, or a script."""
