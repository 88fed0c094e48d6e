"""``python -m ecard <command>``."""

from ecard.commands import main

main(prog_name="python -m ecard")
