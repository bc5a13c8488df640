"""Running what a study lacks: its workers, and each trial from its claim to its end."""
