"""Dictated clinical sentences with all their annotation, made from grammars over the lexicon. Not shipped."""
