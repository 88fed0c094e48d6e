"""``python -m ecard <command>``."""

import os

from ecard import logs
from ecard.commands import main

if __name__ == "__main__":
    os.umask(0o077)  # whatever is written here is for our eyes only
    logs.configure(level="WARNING")
    main(prog_name="python -m ecard")
