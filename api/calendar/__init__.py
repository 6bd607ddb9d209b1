"""放假通知 calendar notices: over HTTP, and as pages that import, preview, approve, apply and withdraw them."""
