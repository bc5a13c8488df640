"""Keras' half of kouka: the techniques, the network, the data and the training.

Nothing here knows of Optuna, of a study or of a database; `search` decides what to train.
"""
