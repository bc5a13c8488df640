"""What a study is to run: its settings, its techniques, its designs and phases."""
