"""What to show: pages made of prose, tables and pictures."""
