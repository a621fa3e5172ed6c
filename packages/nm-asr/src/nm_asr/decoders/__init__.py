"""From encoder features to log-probabilities, or to another collection's decoder."""
