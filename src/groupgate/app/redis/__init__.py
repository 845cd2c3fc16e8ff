"""What the processes of one deployment share, in Redis 7 or Valkey 8.

Shared, one module for each subject:

- `idempotency.py`: the results of mutations by `Idempotency-Key`. Without Redis mutations with a
  key are refused.
- `documents.py`: the texts of persisted queries. Without Redis they are unknown, and clients send
  them again.
- `caller_limits.py`: the points of callers for their rate limit. Without Redis each process has its
  own.
- `vendor_limits.py`: the permits for calls to vendors, and the pauses that vendors demand. Without
  Redis each process has its part of what was left.
- `vendor_responses.py`: the responses of vendors, and reads that one process makes for all.
  Without Redis each process reads itself.
- `write_notices.py`: which vendor is written to, so that no process answers with older data.
  Without Redis no process uses what it has in memory.

Not shared, because each process must go on without the others: the first level of the read cache
and the responses to queries (dropped by the notices, used with a lease only), the fair queue of
calls, the circuit breaker and the health of a vendor, the memory for request bodies, the counts of
`/metrics`. Never in Redis: tokens, credentials of vendors, and names in clear.

`leases.py` is the argument why no process answers with older data than the last write. It does no
I/O. `pipeline.py` is the one connection that commands use, with what happens if Redis is slow or
away; `connection.py` is what the other modules see of it, with encryption and names of entries.

`groupgate.stores` has the protocols that these modules implement, and `make_stores` in
`app/wiring.py` chooses between them and those in memory.
"""
