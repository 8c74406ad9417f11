"""Targets for coverage-guided fuzzing, each a script with its own instructions."""
