"""Encoders of spectrograms."""
