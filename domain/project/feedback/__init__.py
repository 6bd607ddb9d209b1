"""投诉评议 complaints and evaluations of the service."""
