"""Who is better, and how sure are we: a posterior for each kind of evidence."""
