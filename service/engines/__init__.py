"""Engines: how rows get to the kernel and back into files. The only place of the doors that knows Arrow and DuckDB."""
