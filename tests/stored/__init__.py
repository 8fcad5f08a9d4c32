"""Topics as an earlier release wrote them, kept so that later ones are tested to read them."""
