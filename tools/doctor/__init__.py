"""What is missing before the first `up`, and what to run for it."""
