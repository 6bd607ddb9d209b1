"""申请材料 files attached to items."""
