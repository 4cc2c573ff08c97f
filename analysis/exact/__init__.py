"""Exact means over every way of drawing from the log: the mathematics, on plain arrays."""
