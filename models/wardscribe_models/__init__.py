"""Weights: which there are, where they come from, where they live, and whether they are right."""
