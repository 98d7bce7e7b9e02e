"""How a service is run: its process, what stands around a request, checks before the start, backups."""
