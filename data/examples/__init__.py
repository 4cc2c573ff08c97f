"""Small real logs that travel with the package."""
