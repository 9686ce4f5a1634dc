"""What the carrier calls: inbound texts and status callbacks. Every request is proven to be the carrier's first."""
