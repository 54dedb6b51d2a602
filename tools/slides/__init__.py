"""Slides of the chapters, made from the pages of the built book."""
