"""The dictation server: audio in, structured record out."""
