"""我的企业 an enterprise's own page: what it has to do, its projects, its cases with their codes, what happened."""
