//! The programs that Redis runs: each is one round trip, and nothing comes between its parts.

/// A program in Lua, and its place among all.
pub(super) struct Script {
    pub(super) at: usize,
    pub(super) text: &'static str,
}

/// All of them.
pub(super) const SCRIPTS: [&Script; 7] = [&TAKE, &SPEND, &KEEP, &FIND, &LOOK, &PUT, &MARK];

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

/// What the three scripts of answers begin with. KEYS[1] are the marks of writes, all in one hash, so that they are lost
/// together or not at all: then there is another epoch, and nothing of before is believed. Its fields are `epoch`, `now`,
/// which counts writes, `ids`, the keys that replicas name paths with, and marks: at a path (`a:`), at it or below it
/// (`b:`), and at everything (`all`). A mark is the number of the last write, and writes that are not over with their ends:
/// `7;ID=MILLISECONDS`.
macro_rules! marks {
    ($script:literal) => {
        concat!(
            r"
local w = KEYS[1]
local time = redis.call('TIME')
local ms = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number)
  return string.format('%.0f', number)
end
local function read(field)
  local text, open = redis.call('HGET', w, field), {}
  if not text then
    return 0, open
  end
  for id, ends in string.gmatch(text, ';(%w+)=(%d+)') do
    if tonumber(ends) > ms then
      open[id] = tonumber(ends)
    end
  end
  return tonumber(string.match(text, '^%d+')), open
end
local function write(field, last, open)
  local text = whole(last)
  for id, ends in pairs(open) do
    text = text .. ';' .. id .. '=' .. whole(ends)
  end
  redis.call('HSET', w, field, text)
end
-- The last write to what the fields are about, and whether one is not over.
local function last_of(first)
  local last, is_open = 0, false
  for i = first, #ARGV do
    local number, open = read(ARGV[i])
    last = math.max(last, number)
    is_open = is_open or next(open) ~= nil
  end
  return last, is_open
end
",
            $script
        )
    };
}

/// Looks for an answer that is kept and still right, under several names.
///
/// KEYS after the first are its names; ARGV has an epoch, should there be none, the id of the key that the answer to this
/// question will be kept with and for how many milliseconds that may take, the version that is known already, how
/// long marks are kept, and the fields of its path. Gives the epoch, the number of the last write of all, that
/// of the last one to the path, and whether one is not over; then, if there is an answer, its age in milliseconds, since which
/// write it is right, its version, the place of its name, and the value, unless it is known.
pub(super) const LOOK: Script = Script {
    at: 4,
    text: marks!(
        r"
redis.call('HSETNX', w, 'epoch', ARGV[1])
redis.call('PEXPIRE', w, ARGV[5])
local _, ids = read('ids')
ids[ARGV[2]] = math.max(ids[ARGV[2]] or 0, ms + ARGV[3])
write('ids', 0, ids)
local epoch = redis.call('HGET', w, 'epoch')
local now = redis.call('HGET', w, 'now') or '0'
local last, is_open = last_of(6)
local answer = {epoch, now, whole(last), is_open and '1' or '0'}
for i = 2, #KEYS do
  local kept = redis.call('HMGET', KEYS[i], 'epoch', 'since', 'confirmed', 'version')
  if kept[1] == epoch and not is_open and tonumber(kept[2]) >= last then
    local value = ''
    if kept[4] ~= ARGV[4] then
      value = redis.call('HGET', KEYS[i], 'value')
    end
    local age = whole(math.max(0, ms - kept[3]))
    return {epoch, now, whole(last), '0', age, kept[2], kept[4], whole(i - 2), value}
  end
end
return answer
"
    ),
};

/// Keeps an answer, unless its path was written to since it was asked for.
///
/// KEYS[2] is its name; ARGV has the epoch and the number of the write since which it is right, the id of the key that it is
/// kept with, for how many milliseconds, its age, its version, the value or nothing, where the replica keeps it to itself,
/// and the fields of its path. Gives whether it may be believed for as long as it is kept.
pub(super) const PUT: Script = Script {
    at: 5,
    text: marks!(
        r"
local _, ids = read('ids')
if redis.call('HGET', w, 'epoch') ~= ARGV[1] or not ids[ARGV[3]] then
  return 0
end
local last, is_open = last_of(8)
if is_open or last > tonumber(ARGV[2]) then
  return 0
end
ids[ARGV[3]] = math.max(ids[ARGV[3]], ms + ARGV[4])
write('ids', 0, ids)
local there = redis.call('HMGET', KEYS[2], 'epoch', 'since')
if there[1] == ARGV[1] and tonumber(there[2]) > tonumber(ARGV[2]) then
  return 1
end
redis.call('DEL', KEYS[2])
if ARGV[7] ~= '' then
  redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'since', ARGV[2], 'confirmed', whole(ms - ARGV[5]),
    'version', ARGV[6], 'value', ARGV[7])
  redis.call('PEXPIRE', KEYS[2], ARGV[4])
end
return 1
"
    ),
};

/// Marks paths as written to.
///
/// ARGV has an epoch, should there be none, the id of the write, for how many milliseconds it may go on, or 0 when it is
/// over, the ids of the keys that its paths are named with, how long marks are kept, and how many; then the fields
/// of its paths. Where a replica names paths in another way, and when there are more marks than that, it is a
/// write to everything.
pub(super) const MARK: Script = Script {
    at: 6,
    text: marks!(
        r"
redis.call('HSETNX', w, 'epoch', ARGV[1])
local now = redis.call('HINCRBY', w, 'now', 1)
if redis.call('HLEN', w) > tonumber(ARGV[6]) then
  local epoch, open = redis.call('HGET', w, 'epoch'), {}
  local _, ids = read('ids')
  for _, field in ipairs(redis.call('HKEYS', w)) do
    if field == 'all' or string.find(field, ':', 1, true) then
      local _, own = read(field)
      for id, ends in pairs(own) do
        open[id] = ends
      end
    end
  end
  redis.call('DEL', w)
  redis.call('HSET', w, 'epoch', epoch, 'now', now)
  write('ids', 0, ids)
  write('all', now, open)
end
redis.call('PEXPIRE', w, ARGV[5])
local id, left = ARGV[2], tonumber(ARGV[3])
local function touch(field)
  local _, open = read(field)
  open[id] = left > 0 and ms + left or nil
  write(field, now, open)
end
for i = 7, #ARGV do
  touch(ARGV[i])
end
local _, everywhere = read('all')
local is_everywhere = everywhere[id] ~= nil
local known = {}
for key in string.gmatch(ARGV[4], '%w+') do
  known[key] = true
end
local _, ids = read('ids')
for key in pairs(ids) do
  is_everywhere = is_everywhere or not known[key]
end
if is_everywhere then
  touch('all')
end
return 1
"
    ),
};
