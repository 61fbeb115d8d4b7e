"""What a program says of itself in its source: its options, read without running anything."""
