-- `http-request lua.reference-token URL` lets a request through only where the URL answers 200 for its token. HAProxy
-- has no such action of its own; this needs 2.6 or later with Lua, as in Debian, and nothing else.
local CREDENTIALS = { "authorization", "x-api-key", "api-key" }
local PASSED_BACK = { ["www-authenticate"] = true, ["retry-after"] = true }

local function refuse(txn, status, headers)
    local reply = txn:reply({ status = status, body = "" })
    reply:add_header("cache-control", "no-store")
    for name, value in pairs(headers) do
        reply:add_header(name, value)
    end
    txn:done(reply)
end

core.register_action("reference-token", { "http-req" }, function(txn, url)
    local sent = txn.http:req_get_headers()
    local asked = { ["x-forwarded-for"] = { txn.f:src() } }
    for _, name in ipairs(CREDENTIALS) do
        if sent[name] then
            asked[name] = {}
            for _, value in pairs(sent[name]) do  -- all of them: of two credentials neither is taken
                table.insert(asked[name], value)
            end
        end
    end
    local answer = core.httpclient():get({ url = url, headers = asked, timeout = 5000 })
    local status, headers = answer and answer.status or 0, {}
    for name, values in pairs(answer and answer.headers or {}) do
        headers[string.lower(name)] = values[0]
    end
    if status == 200 then
        for name, value in pairs(headers) do
            if name:find("^x%-auth%-") then txn.http:req_set_header(name, value) end
        end
        return
    end
    local passed = {}
    for name in pairs(PASSED_BACK) do passed[name] = headers[name] end
    refuse(txn, (status == 401 or status == 403) and status or 503, passed)
end, 1)
