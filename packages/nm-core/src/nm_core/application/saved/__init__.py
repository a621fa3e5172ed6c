"""Saved applications: a folder or an archive with the application, its weights and its assets."""
