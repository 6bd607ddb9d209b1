"""办件记录 case records: the staging tables `up_pro_*` of China's platform of government services, from our facts."""
