"""Replay chapter: running a recorded experiment again, from its record alone."""
