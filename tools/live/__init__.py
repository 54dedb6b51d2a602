"""What the book's living figures need from the notebooks: networks, pictures and codes.

`python -m tools.execute` calls `export` in the kernel of every notebook that has a living figure,
after its last cell, so that the figures show the networks whose outputs the page stores.
"""
