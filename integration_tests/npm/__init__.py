"""Keen's clients on npm for the tests: their pinned packages, and a script that drives them."""
