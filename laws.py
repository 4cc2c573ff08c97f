"""The commands that fit laws of other knobs: a table of points in, a law with its intervals out."""

import click

COMMANDS: tuple[click.Command, ...] = ()
