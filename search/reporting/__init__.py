"""Findings of a study in words, tables, figures and files, for people and programs."""
