"""The pages, what runs the code they show, and what makes the page of commands."""
