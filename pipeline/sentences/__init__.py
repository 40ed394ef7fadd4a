"""What a sentence says of the two ends of a claim: that it is so, that it is not, that it may be."""
