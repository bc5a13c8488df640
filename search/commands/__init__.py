"""Commands: any program as what a study trains, with its factors, its metric and its processes."""
