"""What `batch-transcriber check` looks at."""
