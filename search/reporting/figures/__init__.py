"""Plotly figures, one a file, drawn from numbers that `search.analysis` has computed."""
