"""等待 what an item waits for, and the chain of waits behind it."""
