"""The process that trains: its client, which needs no Keras, and its server."""
