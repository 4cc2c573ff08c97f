"""Real logs, drawn here: a small language model, tasks with exact checkers, verifiers."""
