"""What the connector costs, next to Kafka's own tools and to a stock connector: `make bench`."""
