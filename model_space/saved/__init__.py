"""Saved models: the card that describes one, and the predictions of one."""
