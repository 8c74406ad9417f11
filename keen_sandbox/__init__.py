"""A local Keen to try data against: no account, nothing leaves the machine."""
