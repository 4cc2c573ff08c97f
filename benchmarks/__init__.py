"""Ratios of CPU time, numerator and denominator interleaved in one process."""
