"""Numbers from runs: nothing here draws, trains or opens a database."""
