"""Who calls, what they may do and see, and how a worker's id is kept."""
