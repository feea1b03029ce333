"""Who may do what: principals, roles, tokens, limits. Knows no template and no recogniser."""
