-- Asks for one address of a file after the other: each line is a path, or a path, a tab and an ETag.
-- The file is named by the environment, as is a header for all of them (`name: value`).

local asked, threads = {}, {}
-- Not local: `done` asks each thread for its own.
at = 0

function setup(thread)
   table.insert(threads, thread)
end

function init(_)
   local shared = os.getenv("BENCHMARK_HEADER")
   for line in io.lines(os.getenv("BENCHMARK_PATHS")) do
      local headers = {}
      local path, tag = line:match("^([^\t]*)\t(.*)$")
      if tag then headers["If-None-Match"] = tag end
      if shared ~= "" then
         local name, value = shared:match("^([^:]*): (.*)$")
         headers[name] = value
      end
      asked[#asked + 1] = wrk.format("GET", path or line, headers)
   end
end

function request()
   at = at + 1
   return asked[(at - 1) % #asked + 1]
end

function done(summary, latency, _)
   local sent = 0
   for _, thread in ipairs(threads) do sent = sent + thread:get("at") end
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "sent": %d, "seconds": %f, "bytes": %d, "p50_ms": %f, "p99_ms": %f, "errors": %d}\n',
      summary.requests, sent, summary.duration / 1e6, summary.bytes,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      errors.connect + errors.read + errors.write + errors.timeout + errors.status
   ))
end
