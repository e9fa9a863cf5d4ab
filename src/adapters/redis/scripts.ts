// The scripts of the Redis state store. Every one of them verifies the token and the sequence number before it touches
// anything, so that neither an overtaken owner nor one whose Redis came back from an older snapshot reads or writes a byte.
//
// Keys of a task share one hash slot: `<cluster>:state:{<task>}` (meta hash: token, seq, position, savedAt, chunk),
// `…:stores` (names of its stores) and `…:s:<store>` (the entries).

const CHECK = `
local held = redis.call('HMGET', KEYS[1], 'token', 'seq')
if not held[1] then return redis.error_reply('TRIB_LOST no state') end
if held[1] ~= ARGV[1] then return redis.error_reply('TRIB_FENCED other token') end
`;

const CHECK_SEQ = `${CHECK}
if held[2] ~= ARGV[2] then return redis.error_reply('TRIB_LOST other sequence') end
`;

const DROP_STORES = `
for _, name in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('UNLINK', KEYS[1] .. ':s:' .. name) end
redis.call('DEL', KEYS[2])
`;

/** KEYS meta, stores · ARGV token → position, savedAt (empty texts when there are none). */
export const OPEN = `
local position = redis.call('HGET', KEYS[1], 'position')
if not position then ${DROP_STORES} end
redis.call('HDEL', KEYS[1], 'chunk')
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'seq', '0')
return { position or '', redis.call('HGET', KEYS[1], 'savedAt') or '' }
`;

/** KEYS meta, store · ARGV token, seq, key… → values. Lua's stack holds about 8,000 arguments a call: \`HMGET\` goes in slices. */
export const READ = `${CHECK_SEQ}
local values = {}
for from = 3, #ARGV, 4000 do
  local slice = redis.call('HMGET', KEYS[2], unpack(ARGV, from, math.min(from + 3999, #ARGV)))
  for i = 1, #slice do values[from - 3 + i] = slice[i] end
end
return values
`;

/** KEYS meta, store · ARGV token, seq, cursor, count → next cursor, [key, value, …]. */
export const SCAN = `${CHECK_SEQ}
return redis.call('HSCAN', KEYS[2], ARGV[3], 'COUNT', ARGV[4])
`;

/**
 * One chunk of a write. KEYS meta, stores, store… · ARGV token, seq, chunk index, position ('' unless the last chunk), then for
 * each store: name, puts, deletes; the two packed (pack.ts): key, value, key, value… and key, key…
 *
 * Several chunks run inside one MULTI. The chunk counter makes the last one refuse when an earlier one failed (out of memory):
 * the position then stays where it was, and the replay of the changelog from there writes the same entries again.
 */
export const WRITE = `${CHECK_SEQ}
local index = tonumber(ARGV[3])
if index == 0 then redis.call('HDEL', KEYS[1], 'chunk')
elseif redis.call('HGET', KEYS[1], 'chunk') ~= ARGV[3] then return redis.error_reply('TRIB_LOST torn write') end
for k = 3, #KEYS do
  local at = 5 + (k - 3) * 3
  redis.call('SADD', KEYS[2], ARGV[at])
  for command, list in pairs({ HSET = ARGV[at + 1], HDEL = ARGV[at + 2] }) do
    local flat = cmsgpack.unpack(list)
    for from = 1, #flat, 4000 do
      redis.call(command, KEYS[k], unpack(flat, from, math.min(from + 3999, #flat)))
    end
  end
end
if ARGV[4] == '' then
  redis.call('HSET', KEYS[1], 'chunk', index + 1)
else
  local now = redis.call('TIME')
  redis.call('HDEL', KEYS[1], 'chunk')
  redis.call('HSET', KEYS[1], 'position', ARGV[4], 'seq', tostring(tonumber(ARGV[2]) + 1),
    'savedAt', now[1] .. string.format('%03d', math.floor(tonumber(now[2]) / 1000)))
end
return 1
`;

/** KEYS meta, stores · ARGV token, the sequence number from now on. */
export const CLEAR = `${CHECK}
${DROP_STORES}
redis.call('HDEL', KEYS[1], 'position', 'savedAt', 'chunk')
redis.call('HSET', KEYS[1], 'seq', ARGV[2])
return 1
`;

/** KEYS meta, stores. */
export const REMOVE = `
${DROP_STORES}
redis.call('DEL', KEYS[1])
return 1
`;
