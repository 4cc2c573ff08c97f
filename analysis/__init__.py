"""What the logs say, with no curve assumed."""
