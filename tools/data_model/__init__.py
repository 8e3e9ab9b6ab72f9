"""The main database's tables, as a real PostgreSQL has them: recorded, described and drawn."""
