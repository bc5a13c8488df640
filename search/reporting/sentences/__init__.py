"""Sentences on one subject each, which answer, details, cautions and the terminal share."""
