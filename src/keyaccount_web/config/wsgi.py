"""The door for web servers."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyaccount_web.config.settings")
application = get_wsgi_application()

# What is loaded by now stays: the collector need not look through it with each page, nor stop a page of thousands of objects
# every 700 of them.
gc.collect()
gc.freeze()
gc.set_threshold(20_000)
