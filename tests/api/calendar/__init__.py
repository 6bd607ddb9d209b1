"""Calendar notices."""
