"""What several processes share, in Redis 7 or Valkey 8: one module for each subject."""
