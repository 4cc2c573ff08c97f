"""What we believe: curves and distributions fitted to what the logs say."""
