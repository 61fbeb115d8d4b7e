"""Reproduction chapter: the numbers of this machine beside those that were published."""
