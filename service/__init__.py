"""The doors: command line, files, clock. Doors translate, they do not decide."""
