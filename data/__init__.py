"""What was logged: problems tried, samples drawn, verdicts passed."""
