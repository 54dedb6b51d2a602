"""Maintainers' commands; the Makefile calls each as `python -m tools.<name>`."""
