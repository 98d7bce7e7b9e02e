"""How a service runs: its process, logs, figures, and what it says of its own state."""
