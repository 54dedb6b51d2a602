"""Maintainers' commands; course.py calls most of them as `python -m tools.<name>`."""
