"""The database of the studies: opening it, what is stored where, locks and signs of life."""
