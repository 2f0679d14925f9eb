"""What the rows share: topology, CPU accounting, pairs and statistics, peers, report, charts."""
