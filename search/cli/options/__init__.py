"""Options of the command line, a module for each subject: how they are written, and read."""
