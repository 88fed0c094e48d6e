"""For a WSGI server of your own: ``gunicorn wsgi:application``; see docs/deploy.md.

Demands what `python -m ecard run` demands, joins the real collaborators and starts the outbox
thread. ``python -m ecard run`` does the same and brings gunicorn's settings along.
"""

import atexit
import os
import sys
from contextlib import ExitStack

from ecard import logs
from ecard.app import create_app
from ecard.commands import Stop, alone_on, require_local_disk, require_production
from ecard.config import UnsafeConfiguration, read_settings
from ecard.jobs import work
from ecard.joined import join, warn_of_what_is_off
from ecard.worker import Worker

CANNOT_START = 3
"""gunicorn ends on this status of a worker; on any other it would start workers without end."""

os.umask(0o077)  # whatever is written here is for our eyes only
logs.configure()
held = ExitStack()
try:
    settings = read_settings()
    require_local_disk(settings)
    if not settings.demo:
        require_production(settings)
    held.enter_context(alone_on(settings))
    warn_of_what_is_off(settings)
    joined = join(settings)
    joined.dependencies.verifier()
except (Stop, UnsafeConfiguration) as refused:
    sys.stderr.write(f"{refused}\n")
    sys.exit(CANNOT_START)
application = create_app(joined)
outbox = Worker(joined.call(), work())
outbox.start()
atexit.register(held.close)
atexit.register(outbox.stop)
