"""All of Optuna, statistics and Plotly: the study, its trials, the analysis and the report.

What it writes (study, phases, trials) and what it reads (results, analysis, figures) meet only
in the database. TensorFlow runs in `model_space.worker`'s process, never in this one.
"""
