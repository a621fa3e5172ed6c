"""Data layers for text."""
