"""What to do: the split of a budget between solving and verifying."""
