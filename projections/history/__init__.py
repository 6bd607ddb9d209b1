"""Rows with a history: what each view's tables contained at any instant, as known then and as known now."""
