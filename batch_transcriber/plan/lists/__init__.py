"""Job lists in YAML: read piece by piece, checked whole, with the place of every mistake."""

VERSION = 1  # of the form of a list
