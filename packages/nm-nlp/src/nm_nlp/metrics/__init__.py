"""Metrics of language."""
