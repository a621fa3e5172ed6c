"""Applications as files."""
