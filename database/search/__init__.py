"""What the search cluster holds: the definitions, what brings them about, and what writes listings into it."""
