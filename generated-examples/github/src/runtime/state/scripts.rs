//! The programs that Redis runs: each is one round trip, and nothing comes between its parts.

/// A program in Lua, and its place among all.
pub(super) struct Script {
    pub(super) at: usize,
    pub(super) text: &'static str,
}

/// All of them.
pub(super) const SCRIPTS: [&Script; 2] = [&TAKE, &ADD];

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

/// Adds ARGV[1] to the counter KEYS[1], which is gone ARGV[2] milliseconds after its first addition; gives what it is then.
pub(super) const ADD: Script = Script {
    at: 1,
    text: r"
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return sum
",
};
