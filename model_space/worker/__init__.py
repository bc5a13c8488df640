"""The worker, a process that trains: its client, which needs no Keras, its server, the messages."""
