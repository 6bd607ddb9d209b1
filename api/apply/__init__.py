"""在线申请 applying at the window: from the choice of an item over a saved draft to the receipt."""
