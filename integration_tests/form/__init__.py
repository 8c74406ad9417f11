"""The specification as a form in a browser: how it is bundled, and the picture of it in the documentation."""
