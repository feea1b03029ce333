"""Pure stages from audio positions and recognised words to a record. No I/O, no clock, no threads."""
