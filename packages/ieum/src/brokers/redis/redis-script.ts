/** Lua that runs in Redis: all of it or nothing, and nothing else meanwhile. Replies are arrays. */
export interface RedisScript {
  readonly name: string;
  readonly source: string;
}

/**
 * The state of a topic. Its epoch belongs to the server's replication ID, which is another one after every restart and every
 * failover, when the end of what was published may be lost: then a new epoch begins, and offsets go on growing. What
 * survived of the stream is the beginning of the new epoch; meta tells which epoch it was before, and how far.
 */
const topicState = `
local here
local function server()
  here = here or string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  return here
end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function topicState(meta, stream, freshEpoch)
  local here = server()
  local state = redis.call('HMGET', meta, 'e', 'o', 'r', 't')
  if state[1] and state[3] == here then
    return state[1], tonumber(state[2]), tonumber(state[4])
  end
  if not state[1] then redis.call('UNLINK', stream) end
  local offset = tonumber(state[2] or '0')
  local fork = string.format('%.0f', offset)
  redis.call('HSET', meta, 'e', freshEpoch, 'o', fork, 'r', here, 't', '0', 'p', state[1] or '', 'f', fork)
  return freshEpoch, offset, 0
end
local function place(entry)
  local offset, time = string.match(entry[1], '^(%d+)-(%d+)$')
  return tonumber(offset), tonumber(time)
end
local function forgetBefore(stream, cutoff, last)
  local first = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  if not first then return end
  local low, time = place(first)
  if time >= cutoff then return end
  local high = last + 1
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XRANGE', stream, string.format('%.0f', middle), '+', 'COUNT', 1)[1]
    local offset, entryTime
    if entry then offset, entryTime = place(entry) end
    if entry and entryTime < cutoff then low = offset else high = middle end
  end
  redis.call('XTRIM', stream, 'MINID', string.format('%.0f', low + 1))
end
`;

/**
 * Publishes one after another. When it fails half way, what was published before is known when it comes again.
 *
 * KEYS, for each: meta, stream, ids, older ids.
 * ARGV: 1 fresh epoch, 2 the command that publishes, 3 channel of everything; then for each: channel, id, key or empty,
 * idempotency in ms, how many are kept or 0, how long in ms, how long meta is kept in ms, draft.
 * Reply, for each: 1 for a duplicate or 0, epoch or empty, offset.
 *
 * Ids are kept in two hashes, of the current and of the past span of idempotency: forgetting is dropping one.
 */
export const publishScript: RedisScript = {
  name: 'publish',
  source: `${topicState}
local time, isCopied = now(), redis.call('PUBSUB', 'NUMSUB', ARGV[3])[2] > 0
local function known(ids, olderIds, name)
  return redis.call('HGET', ids, name) or redis.call('HGET', olderIds, name)
end
local function recognise(ids, olderIds, id, key, idempotency, place)
  local left = redis.call('PTTL', ids)
  if left >= 0 and left < idempotency then
    redis.call('UNLINK', olderIds)
    redis.call('RENAME', ids, olderIds)
    left = -2
  end
  local found = known(ids, olderIds, id)
  if not found and key ~= 'k' then found = known(ids, olderIds, key) end
  if found then return tonumber(found) end
  if key ~= 'k' then redis.call('HSET', ids, id, place, key, place) else redis.call('HSET', ids, id, place) end
  if left < 0 then redis.call('PEXPIRE', ids, idempotency * 2) end
end
local function keep(meta, stream, maxMessages, maxAge, metaAge, tidied, draft)
  local offset = redis.call('HINCRBY', meta, 'o', 1)
  redis.call('XADD', stream, 'MAXLEN', maxMessages, string.format('%.0f-%.0f', offset, time), 'd', draft)
  if time - tidied >= maxAge / 8 or time < tidied then
    forgetBefore(stream, time - maxAge, offset)
    redis.call('HSET', meta, 't', string.format('%.0f', time))
    redis.call('PEXPIRE', stream, string.format('%.0f', math.ceil(maxAge * 1.25) + 1000))
    redis.call('PEXPIRE', meta, metaAge)
  end
  return offset
end
local replies = {}
for i = 0, #KEYS / 4 - 1 do
  local k, a = i * 4, 3 + i * 8
  local meta, stream, channel, draft = KEYS[k + 1], KEYS[k + 2], ARGV[a + 1], ARGV[a + 8]
  local idempotency, maxMessages = tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
  local epoch, offset, tidied, found = '', 0, 0, nil
  if maxMessages > 0 then epoch, offset, tidied = topicState(meta, stream, ARGV[1]) end
  if idempotency > 0 then
    local place = string.format('%.0f', offset + 1)
    found = recognise(KEYS[k + 3], KEYS[k + 4], 'i' .. ARGV[a + 2], 'k' .. ARGV[a + 3], idempotency, place)
  end
  if found then
    offset = math.min(found, offset)
  else
    if maxMessages > 0 then
      offset = keep(meta, stream, maxMessages, tonumber(ARGV[a + 6]), ARGV[a + 7], tidied, draft)
    end
    local message = struct.pack('>I6I6B', offset, time, #epoch) .. epoch .. draft
    redis.call(ARGV[2], channel, message)
    if isCopied then redis.call('PUBLISH', ARGV[3], struct.pack('>I2', #channel) .. channel .. message) end
  end
  local at = #replies
  replies[at + 1], replies[at + 2], replies[at + 3] = found and 1 or 0, epoch, offset
end
return replies
`,
};

/**
 * KEYS: meta, stream.
 * ARGV: 1 fresh epoch, 2 how long meta is kept in ms, 3 how long entries are in ms or 0 for as they are, 4 limit,
 * 5 epoch or empty for the last entries, 6 offset behind which to begin.
 * Reply: epoch, offset, entries of id and fields, the epoch before or empty, how far that is the same.
 */
export const readScript: RedisScript = {
  name: 'read',
  source: `${topicState}
local meta, stream = KEYS[1], KEYS[2]
local epoch, offset = topicState(meta, stream, ARGV[1])
redis.call('PEXPIRE', meta, ARGV[2])
local maxAge, limit = tonumber(ARGV[3]), tonumber(ARGV[4])
local entries = {}
if limit > 0 then
  if maxAge > 0 then forgetBefore(stream, now() - maxAge, offset) end
  if ARGV[5] == '' then
    local latest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', limit)
    for i = #latest, 1, -1 do entries[#entries + 1] = latest[i] end
  elseif ARGV[5] == epoch then
    local start = string.format('%.0f', tonumber(ARGV[6]) + 1)
    entries = redis.call('XRANGE', stream, start, '+', 'COUNT', limit)
  end
end
local before = redis.call('HMGET', meta, 'p', 'f')
return {epoch, offset, entries, before[1], before[2]}
`,
};

/**
 * Changes what a node says of a topic's members, and tells those who listen.
 *
 * KEYS: members. ARGV: 1 the command that publishes, 2 channel, 3 node, 4 how long they are kept in ms, 5 how long nobody is
 * kept in ms, 6 the message, 7 whether others of the node leave, then users, each with info or empty when absent.
 * Every change has a number, so that those who listen see when they missed one.
 */
export const changeMembersScript: RedisScript = {
  name: 'change-members',
  source: `
local members, mine = KEYS[1], ARGV[3] .. '\\n'
if ARGV[7] == '1' then
  for _, field in ipairs(redis.call('HKEYS', members)) do
    if string.sub(field, 1, #mine) == mine then redis.call('HDEL', members, field) end
  end
end
for i = 8, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', members, mine .. ARGV[i])
  else
    redis.call('HSET', members, mine .. ARGV[i], ARGV[i + 1])
  end
end
local change = redis.call('HINCRBY', members, '#', 1)
local isEmpty = redis.call('HLEN', members) == 1
redis.call('PEXPIRE', members, isEmpty and ARGV[5] or ARGV[4])
redis.call(ARGV[1], ARGV[2], struct.pack('>I6', change) .. ARGV[6])
return {change}
`,
};

/** KEYS: members. Reply: fields and values. */
export const readMembersScript: RedisScript = {
  name: 'read-members',
  source: `return redis.call('HGETALL', KEYS[1])`,
};

/** KEYS: members. ARGV: nodes that are dead. Forgets what they said, which everybody who listens does by themselves. */
export const forgetNodesScript: RedisScript = {
  name: 'forget-nodes',
  source: `
local dead = {}
for _, node in ipairs(ARGV) do dead[node] = true end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local node = string.match(field, '^(.-)\\n')
  if node and dead[node] then redis.call('HDEL', KEYS[1], field) end
end
return {}
`,
};

/**
 * Renews the lease of a node, and tells who lives. A node whose lease ran out gets no other: it takes a new name.
 *
 * KEYS: nodes. ARGV: 1 node or empty, 2 for how long in ms, 3 whether it is new.
 * Reply: whether it has a lease, for how many ms the list has been kept without a loss, nodes that live.
 */
export const leaseScript: RedisScript = {
  name: 'lease',
  source: `${topicState}
local nodes, node, lease, time = KEYS[1], ARGV[1], tonumber(ARGV[2]), now()
local mark = '#' .. server()
local known = redis.call('ZRANGE', nodes, 0, -1, 'WITHSCORES')
local isMine, since, alive = ARGV[3] == '1', nil, {}
for i = 1, #known, 2 do
  local name, score = known[i], tonumber(known[i + 1])
  if name == mark then
    since = score
  elseif string.sub(name, 1, 1) == '#' or score <= time then
    redis.call('ZREM', nodes, name)
  elseif name == node then
    isMine = true
  else
    alive[#alive + 1] = name
  end
end
if not since then
  since = time
  redis.call('ZADD', nodes, string.format('%.0f', time), mark)
end
if node ~= '' and isMine then
  redis.call('ZADD', nodes, string.format('%.0f', time + lease), node)
  alive[#alive + 1] = node
end
redis.call('PEXPIRE', nodes, lease * 100)
return {isMine and 1 or 0, math.max(0, time - since), alive}
`,
};

export const scripts: readonly RedisScript[] = [
  publishScript,
  readScript,
  changeMembersScript,
  readMembersScript,
  forgetNodesScript,
  leaseScript,
];
