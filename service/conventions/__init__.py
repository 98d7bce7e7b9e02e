"""What holds on every route: problems, limits, idempotency, pages of lists, languages, request ids."""
