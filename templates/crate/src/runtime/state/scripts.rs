//! The programs that Redis runs: each is one round trip, and nothing comes between its parts.

/// A program in Lua, and its place among all.
pub(super) struct Script {
    pub(super) at: usize,
    pub(super) text: &'static str,
}

/// All of them.
pub(super) const SCRIPTS: [&Script; 4] = [&TAKE, &SPEND, &KEEP, &FIND];

/// Takes a token of each bucket, or none: the generic cell rate algorithm (ITU-T I.371), by the clock of Redis.
///
/// KEYS are buckets; ARGV has for each the microseconds that a token is worth, and how many are there at once. Gives 0, or
/// the number of the bucket that has none and the microseconds until it has.
pub(super) const TAKE: Script = Script {
    at: 0,
    text: r"
local time = redis.call('TIME')
-- Since 2023, so that a number keeps parts of a microsecond.
local now = (time[1] - 1700000000) * 1000000 + time[2]
local ends = {}
for i, key in ipairs(KEYS) do
  local each, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local full = math.max(tonumber(redis.call('GET', key) or 0), now)
  ends[i] = full + each
  local wait = ends[i] - now - each * burst
  if wait > 1 then
    return {i, math.ceil(wait)}
  end
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.3f', ends[i]), 'PX', math.ceil((ends[i] - now) / 1000) + 1)
end
return {0, 0}
",
};

/// Spends from each account, or from none.
///
/// KEYS are accounts; ARGV[1] is after how many milliseconds they are gone, ARGV[2] whether to spend or only to look. Then
/// come for each how many calls and how much cost it allows, or -1, the cost of the call, what the replica has spent while
/// it was on its own, and what it has spent in all: more than Redis knows where that has lost its data. Gives 0 or
/// the number of the account that does not allow it, and then what calls and cost of each were before.
pub(super) const SPEND: Script = Script {
    at: 1,
    text: r"
local answer = {0}
for i, key in ipairs(KEYS) do
  local n = {}
  for j = 1, 7 do
    n[j] = tonumber(ARGV[7 * i - 5 + j])
  end
  local known = redis.call('HMGET', key, 'calls', 'cost')
  local calls = math.max(tonumber(known[1] or 0) + n[4], n[6])
  local cost = math.max(tonumber(known[2] or 0) + n[5], n[7])
  if calls > tonumber(known[1] or 0) then
    redis.call('HSET', key, 'calls', string.format('%.0f', calls), 'cost', string.format('%.0f', cost))
    redis.call('PEXPIRE', key, ARGV[1])
  end
  if answer[1] == 0 and ((n[1] >= 0 and calls + 1 > n[1]) or (n[2] >= 0 and cost + n[3] > n[2])) then
    answer[1] = i
  end
  answer[2 * i], answer[2 * i + 1] = calls, cost
end
if answer[1] == 0 and ARGV[2] == '1' then
  for i, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, 'calls', 1)
    redis.call('HINCRBY', key, 'cost', ARGV[7 * i - 2])
    redis.call('PEXPIRE', key, ARGV[1])
  end
end
return answer
",
};

/// Keeps a value of an owner who has room for so many.
///
/// KEYS are the value and the set of its owner's values by the time when they end; ARGV[1] is the value, ARGV[2] for how
/// many milliseconds it is kept unless it is found, ARGV[3] how many an owner may have, and ARGV[4] whether one more than
/// that takes the place of the one that would end first. Gives whether it is kept.
pub(super) const KEEP: Script = Script {
    at: 2,
    text: r"
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZREM', KEYS[2], KEYS[1])
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then
  if ARGV[4] ~= '1' then
    return 0
  end
  local first = redis.call('ZRANGE', KEYS[2], 0, 0)[1]
  redis.call('ZREM', KEYS[2], first)
  redis.call('DEL', first)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('ZADD', KEYS[2], string.format('%.0f', now + ARGV[2]), KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
",
};

/// Finds a value that was kept, which keeps it for longer. KEYS are the same; ARGV[1] is for how many milliseconds.
pub(super) const FIND: Script = Script {
    at: 3,
    text: r"
local value = redis.call('GET', KEYS[1])
if value then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[2], 'XX', string.format('%.0f', now + ARGV[1]), KEYS[1])
  redis.call('PEXPIRE', KEYS[2], ARGV[1])
end
return value
",
};
