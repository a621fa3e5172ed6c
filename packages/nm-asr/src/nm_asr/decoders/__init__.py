"""Decoders of encoder features, and connectors to decoders of other collections."""
