"""What the past teaches: floats, fitted things, no dates of law."""
