"""The normalise stage: spoken to written form, one module for each kind of expression."""
