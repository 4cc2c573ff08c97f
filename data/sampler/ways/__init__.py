"""Ways to a solution: in one go, with thinking forced to a length, revised, or searched for."""
