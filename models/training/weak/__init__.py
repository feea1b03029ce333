"""Weak labels: what the product's rules and lexicon say of open text, kept where they agree with people's gold."""
