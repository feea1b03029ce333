"""Other public streaming servers as servers under test. Each runs from its own environment; none is a dependency."""
