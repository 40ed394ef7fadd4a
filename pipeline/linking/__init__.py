"""Entity linking: from names in a text to the keys of vocabularies, with a score and a reason."""
