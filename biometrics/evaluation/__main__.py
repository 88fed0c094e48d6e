"""`python -m biometrics.evaluation COMMAND …`: hands over to the module that bears the command's
name, and imports no other one."""

import sys
from collections.abc import Sequence
from importlib import import_module

COMMANDS = {
    "match": "error rates of comparisons, by age and among relatives",
    "cohort": "mean faces by age, from pictures of your own",
    "doubles": "pictures that a set gives to two people, though they show one",
    "everything": "all figures of docs/faces.md anew",
    "speed": "how fast, beside face_recognition",
    "threads": "eight threads beside one: throughput and memory",
    "targets": "what has to be reached, and whether it was",
    "page": "the figures of docs/faces.md, from match's reports",
    "liveness": "error rates against prints and screens",
}


def main(arguments: Sequence[str]) -> int:
    """Exit status: 0 done, 2 not understood or not to be done with what was given."""
    if not arguments or arguments[0] not in COMMANDS:
        listed = "\n".join(f"  {name:<10}{meaning}" for name, meaning in COMMANDS.items())
        print(f"usage: python -m biometrics.evaluation COMMAND …\n\n{listed}")
        return 0 if arguments and arguments[0] in {"-h", "--help"} else 2
    command = import_module(f"biometrics.evaluation.{arguments[0]}")
    return int(command.main(list(arguments[1:])))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
