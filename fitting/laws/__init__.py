"""Laws of other knobs: what a table of points says of accuracy, or of loss, as knobs are turned."""
