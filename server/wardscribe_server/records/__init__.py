"""What is kept of a dictation: the finished record and its audio on disk."""
