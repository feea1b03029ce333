"""Written text to record fields: sentences, mentions, what is claimed of them, sections, fill, checks."""
