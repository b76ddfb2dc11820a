"""Search spaces without a method of their own, for the controls; each folder's ``spec.py`` binds
``SPACE``."""
