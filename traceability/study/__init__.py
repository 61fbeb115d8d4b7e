"""What only the workflow needs: its configuration, its declared tables, its subjects, its logs and its code digests."""
