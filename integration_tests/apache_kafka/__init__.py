"""A real Apache Kafka for the tests: its jars from Maven, its settings, and the broker's process."""
