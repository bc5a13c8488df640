"""Details of the report, folded: all that the answer rests on, a module for each subject."""
