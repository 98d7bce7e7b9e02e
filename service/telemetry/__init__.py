"""What a service says of itself while it runs: its log, its figures, what it watches."""
