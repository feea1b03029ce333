"""Tests of what needs torch, which the project's own suite does without: `python -m pytest models/training/checks`."""
