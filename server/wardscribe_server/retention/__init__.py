"""How long audio and journals are kept. Records stay, whatever the rules say."""
