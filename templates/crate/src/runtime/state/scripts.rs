//! The programs that Redis runs: each is one round trip, and nothing comes between its parts.

/// A program in Lua, and its place among all.
pub(super) struct Script {
    pub(super) at: usize,
    pub(super) text: &'static str,
}

/// All of them.
pub(super) const SCRIPTS: [&Script; 2] = [&TAKE, &SPEND];

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
