"""The acoustic front end."""
