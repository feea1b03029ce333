"""Finding and correcting medical terms in text, over the tables of `wardscribe_lexicons`."""
