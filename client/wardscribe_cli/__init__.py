"""The `wardscribe` command: the composition root of both programs. Nothing imports it."""
