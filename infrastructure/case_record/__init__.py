"""办件记录 case records: the staging tables `up_pro_*` of China's government service platform, from the facts."""
