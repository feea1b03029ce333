"""Inputs nobody meant to write: made from good ones by a seed, given to every parser, their answers judged."""
