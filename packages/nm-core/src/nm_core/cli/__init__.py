"""The command `nmod`: one file per command, each imported when it is called."""
