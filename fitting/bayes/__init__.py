"""Posteriors by PyMC: one model a file, and one file that samples."""
