"""Faults of network and brokers, injected into real syncs, and one judgement of what became of each."""
