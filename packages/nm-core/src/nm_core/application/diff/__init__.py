"""Differences between two applications."""
