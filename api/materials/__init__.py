"""申请材料 files over HTTP."""
