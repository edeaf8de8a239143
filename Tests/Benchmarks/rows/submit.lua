-- wrk's script: every request has a body of its own, made from the texts of a file. Arguments: key, file of bodies, and `keyed` for an Idempotency-Key.
local bodies, count, prefix = {}, 0, ""

function init(arguments)
    for line in io.lines(arguments[2]) do bodies[#bodies + 1] = line end
    wrk.method = "POST"
    wrk.path = "/v1/tickets"
    wrk.headers["Content-Type"] = "application/json"
    wrk.headers["Authorization"] = "Bearer " .. arguments[1]
    isKeyed = arguments[3] == "keyed"
    math.randomseed(os.time())
    prefix = string.format("%08x%08x", math.random(0, 0x7fffffff), math.random(0, 0x7fffffff))
end

function request()
    count = count + 1
    -- The mark that the body ends with becomes this request's own.
    local body = string.gsub(bodies[count % #bodies + 1], "@@", prefix .. count)
    if isKeyed then wrk.headers["Idempotency-Key"] = prefix .. "-" .. count end
    return wrk.format(nil, nil, nil, body)
end

function done(summary, latency, requests)
    io.write(string.format(
        '{"requests": %d, "seconds": %.6f, "failed": %d, "p50 ms": %.3f, "p99 ms": %.3f, "max ms": %.3f}\n', summary.requests,
        summary.duration / 1e6, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
