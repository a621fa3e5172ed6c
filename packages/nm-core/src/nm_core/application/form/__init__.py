"""The form of an application file: its sections and entries as data."""
