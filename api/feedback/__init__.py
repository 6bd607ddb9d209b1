"""投诉评议 complaints and evaluations over HTTP."""
