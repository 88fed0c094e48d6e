"""For a WSGI server of your own: ``gunicorn wsgi:application``; see docs/deploy.md.

Joins the real collaborators and starts the outbox thread. ``python -m ecard run`` does the same and
brings gunicorn's settings along.
"""

import atexit
import os

from ecard import logs
from ecard.app import create_app
from ecard.config import read_settings
from ecard.jobs import work
from ecard.joined import join, warn_of_what_is_off
from ecard.worker import Worker

os.umask(0o077)  # whatever is written here is for our eyes only
logs.configure()
joined = join(read_settings())
warn_of_what_is_off(joined.settings)
joined.dependencies.verifier()
application = create_app(joined)
outbox = Worker(joined.call(), work())
outbox.start()
atexit.register(outbox.stop)
