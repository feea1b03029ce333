"""What a session must not lose, on disk before anyone is told: audio, what people did, what engines answered, what the
client was told. Encrypted, checked, appended only. Knows no socket and no template.
"""
