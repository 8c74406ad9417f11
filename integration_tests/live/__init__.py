"""What only a real Keen project can answer: `python -m integration_tests.live`."""
