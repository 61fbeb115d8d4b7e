"""The paper: its numbers, its typesetting, and the description of everything behind it."""
