"""Planning of a study: from what the user asks for to the runs that it still lacks."""
