-- wrk script: sends the bodies of a file in turn, and prints the figures as JSON.
-- UNIQUE=number: every body is different by a number in `extensions`, which no gateway reads.
-- UNIQUE=document: every document is different by the name of its operation.
-- EXPECTED: a file with the permitted responses, one a line; any other one ends wrk.
local bodies, unique = {}, os.getenv("UNIQUE")
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
local number, run = 0, os.getenv("RUN")
function request()
  number = number + 1
  local body = bodies[number % #bodies + 1]
  if unique == "number" then
    body = body:sub(1, -2) .. ',"extensions":{"number":' .. number .. "}}"
  elseif unique == "document" then
    body = body:gsub("query %(", "query D" .. run .. "_" .. number .. " (", 1)
  end
  return wrk.format(nil, nil, nil, body)
end

local expected = os.getenv("EXPECTED")
if expected then
  local known = {}
  for line in io.lines(expected) do known[line] = true end
  function response(status, headers, body)
    if status ~= 200 or not known[body] then
      io.stderr:write("unexpected response " .. status .. ": " .. body:sub(1, 300) .. "\n")
      os.exit(3)
    end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "bytes": %d, "failed": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, failed,
    latency:percentile(50), latency:percentile(99)))
end
