"""What Panel serves: pages over the store. It says nothing that SQL, queries, charts or reports could say."""
