"""FastAPI, asyncpg and PostgreSQL."""
