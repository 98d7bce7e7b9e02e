"""Claims and benefits: what a case is paid."""
