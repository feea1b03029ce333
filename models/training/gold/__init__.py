"""Public gold, read from its own files and mapped to the labels of `models/LABELS.md`."""
