"""个人信息 personal data: a person is erased on request, and the ledger stays provable."""
