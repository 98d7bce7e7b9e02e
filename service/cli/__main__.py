"""`python -m service.cli` is `licheng`."""

from service.cli.main import main

main()
