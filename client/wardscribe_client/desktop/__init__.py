"""The desktop client: the window in which a physician dictates, reviews and signs. Imports no engine and no server."""
