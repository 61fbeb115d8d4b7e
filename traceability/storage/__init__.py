"""Storage chapter."""
