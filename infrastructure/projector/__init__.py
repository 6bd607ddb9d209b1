"""The projector: folds the ledger into views, follows it, rebuilds them."""
