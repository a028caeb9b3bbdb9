"""The chassis against a real PostgreSQL and a real broker."""
