"""Decoding of log-probabilities to hypotheses."""
