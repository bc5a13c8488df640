"""Statistics of a study's runs, in numbers: no sentences, no figures and no database."""
