"""Recordings, transcripts, and the data layer over them."""
