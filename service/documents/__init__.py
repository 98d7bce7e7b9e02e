"""Pages to print: what a person keeps, in both languages, with nothing from outside."""
