"""PostgreSQL and Redis from Python packages under `var/`, for those who bring no servers of their own."""
