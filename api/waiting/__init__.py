"""等待 who has to act, over HTTP."""
