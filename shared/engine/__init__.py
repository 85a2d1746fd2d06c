"""How it happens: scan (what changed?), decide (what now?), transfers (do it, by steps), due (what has a time)."""
