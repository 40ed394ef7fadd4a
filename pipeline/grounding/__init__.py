"""From what was read or observed to observations: identifiers, quotes and dates that stand up."""
