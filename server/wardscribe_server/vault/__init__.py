"""Encryption at rest: keys and sealed bytes. Knows nothing of what the bytes are."""
