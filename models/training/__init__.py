"""Making the clinical tagger: examples, sources, network, training. Not shipped; run from the repository root."""
