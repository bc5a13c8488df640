"""The user's own techniques and networks: found, loaded, and put beside kouka's."""
