"""Hand microphones and foot pedals: which they are, what their reports say, and what their buttons are to do."""
