"""`manage.py up` and `worker`: the processes of the product, started, watched and ended together."""
