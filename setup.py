"""Lets tools that look for a setup.py build the package; all metadata is in pyproject.toml."""

from setuptools import setup

setup()
