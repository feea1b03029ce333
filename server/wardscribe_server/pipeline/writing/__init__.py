"""Spoken words to the text that a physician reads: commands, corrections, punctuation, numbers and units."""
