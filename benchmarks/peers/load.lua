-- wrk script: sends the bodies of a file in turn. With UNIQUE=1 every body is different: a number
-- in `extensions`, which no gateway reads.
local bodies, unique = {}, os.getenv("UNIQUE") == "1"
for line in io.lines(os.getenv("BODIES")) do bodies[#bodies + 1] = line end
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
local number = 0
function request()
  number = number + 1
  local body = bodies[number % #bodies + 1]
  if unique then body = body:sub(1, -2) .. ',"extensions":{"number":' .. number .. "}}" end
  return wrk.format(nil, nil, nil, body)
end
