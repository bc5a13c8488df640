"""A saved model: its description beside it, and its predictions."""
