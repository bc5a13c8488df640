"""The findings of a study, and how they are written and drawn for people and programs."""
