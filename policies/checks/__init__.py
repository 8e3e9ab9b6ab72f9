"""What rules assert: pure functions, grouped by subject."""
