"""Job lists in YAML: read piece by piece, checked whole, with the place of every mistake."""
