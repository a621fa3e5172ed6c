"""Recipes of applications for text of one's own."""
