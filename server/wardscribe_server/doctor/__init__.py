"""What can be told of this machine before a dictation fails on it. Looks only: nothing is made, mended or kept."""
