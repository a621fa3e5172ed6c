"""Speech recognition as typed neural modules."""
