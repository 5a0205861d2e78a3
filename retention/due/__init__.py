"""What is due when, and why: evaluation, due sets, counts, the simulator."""
