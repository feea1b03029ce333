"""The capture side: reads a recording or a microphone, speaks the session protocol, folds updates into a record."""
