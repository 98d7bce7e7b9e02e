"""The month of a sender: received, settled by a process of its own, watched, and shown."""
