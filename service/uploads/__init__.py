"""A month as it comes in over HTTP: forms and files, from the first byte to the queue, and whose it is."""
