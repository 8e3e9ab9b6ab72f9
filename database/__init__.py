"""What the stores hold: schemas and the code that reads and writes them."""
