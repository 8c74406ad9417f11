"""Runs the connector, as `destination-keen` does."""

from destination_keen.command import main

if __name__ == "__main__":
    main()
