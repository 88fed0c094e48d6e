"""`python -m uploads.evaluation COMMAND …`: hands over to the module that bears the command's name,
and imports no other one."""

import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "hostile": "pushes every file of a folder through the intake and counts what happened",
    "documents": "what is read from every file of a folder",
    "clean": "sound pictures: taken, the right way up, with nothing beside the pixels",
    "targets": "every target beside what was measured, from the reports of the others",
    "speed": "how long a phone's picture takes, and how much memory",
}


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 2 not understood or not to be done with what was given."""
    if not arguments or arguments[0] not in COMMANDS:
        listed = "\n".join(f"  {name:<11}{meaning}" for name, meaning in COMMANDS.items())
        print(f"usage: python -m uploads.evaluation COMMAND …\n\n{listed}")
        return 0 if arguments and arguments[0] in {"-h", "--help"} else 2
    command = import_module(f"uploads.evaluation.{arguments[0]}")
    return int(command.main(list(arguments[1:])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
