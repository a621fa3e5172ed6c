"""Recipes of applications for recordings of one's own."""
