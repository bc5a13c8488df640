"""The user's own techniques and networks: described, imported, and registered beside kouka's."""
