"""The answer of a study, in its order: what to do, what matters, how sure it is."""
