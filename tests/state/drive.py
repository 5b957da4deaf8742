"""Drives replicas of one server that share a Redis, and looks at what their clients, the API and Redis see of it."""
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import random
import subprocess
import sys
import threading
import time

from replicas import Api, Ledger, PASSWORD, Redis, Replica, Stream, WORK, api_key, certificates, text_of, until

results = {"passed": 0, "failed": 0}


def check(name, holds, seen=""):
    results["passed" if holds else "failed"] += 1
    print(f"{'ok   ' if holds else 'FAIL '} {name}" + ("" if holds else f": {seen}"), flush=True)


def near(count, expected):
    return abs(count - expected) <= expected * 0.01


@contextlib.contextmanager
def replicas(count, redis, api, *options, env=None):
    """So many replicas with a short way to Redis, of which the last one takes TLS."""
    authority = redis.tls[0]
    started = []
    try:
        for number in range(count):
            url = redis.url()
            if number == count - 1:
                url = f"rediss://:{PASSWORD}@localhost:{redis.tls_port}"
            # A machine that is busy with other things is no Redis that is down.
            shared = ["--state-timeout", "2s", "--replicas", str(count), "--upstream-ca", str(authority)]
            started.append(Replica(f"replica-{number}", api, [*shared, *options], {"MCP_STATE": url, **(env or {})}))
        yield started
    finally:
        for replica in started:
            replica.stop()
            check(f"{replica.name} says nothing of the password", PASSWORD not in replica.log(), replica.log())


def spread(servers, total):
    """Makes so many calls, one after the other on each of some connections; gives how many went through on each server."""
    numbers = itertools.count()
    through = [0] * len(servers)

    def calling(at):
        connection, done = servers[at].connect(), 0
        while next(numbers) < total:
            result = servers[at].call("track_parcel", {"tracking_number": "TRK-1"}, connection=connection)
            done += 0 if result.get("isError") and "Too many calls" in text_of(result) else 1
        connection.close()
        return at, done

    with concurrent.futures.ThreadPoolExecutor(2 * len(servers)) as pool:
        for at, done in pool.map(calling, [at for at in range(len(servers)) for _ in range(2)]):
            through[at] += done
    return through


def limits(redis, api):
    limit = 1500
    options = ["--rate-limit", "off", "--rate-limit-global", f"{limit}/h"]
    with replicas(3, redis, api, *options) as servers:
        through = spread(servers, 3 * limit)
        check("the limit of all holds over three replicas", near(sum(through), limit), through)
        check("each of them had some of it", min(through) > limit / 20, through)
        check("and says that the state is up", [json.loads(s.get("/ready")[1]) for s in servers]
              == 3 * [{"status": "ready", "state": "up"}])
        check("also in metrics", [s.metric("mcp_state_up") for s in servers] == [1, 1, 1])

        redis.kill()
        for server in servers:
            until(lambda: server.metric("mcp_state_up") == 0, "a replica that knows that Redis is gone")
        for server in servers:
            through = spread([server], limit)
            check(f"without Redis {server.name} has its part", near(sum(through), limit / 3), through)
        status, body = servers[0].get("/ready")
        check("it is ready, and says what is the matter", status == 200 and json.loads(body)["state"] == "down"
              and "1/3 of every limit" in body, (status, body))
        said = [line for line in servers[0].log().splitlines() if "does not answer" in line]
        check("the log has it once", len(said) == 1 and '"level":"WARN"' in said[0], said)

        redis.start()
        for server in servers:
            until(lambda: server.metric("mcp_state_up") == 1, "a replica that knows that Redis is back")
        through = spread(servers, 2 * limit)
        check("with Redis back they share again", near(sum(through), limit), through)


def rate(redis, api):
    """Not how many at once, but how many a second."""
    per_second, burst, seconds = 100, 100, 6
    options = ["--rate-limit", "off", "--rate-limit-global", f"{per_second}/s:{burst}"]
    with replicas(3, redis, api, *options) as servers:
        def calling(server):
            connection, done = server.connect(), 0
            while time.monotonic() < end:
                result = server.call("track_parcel", {"tracking_number": "TRK-1"}, connection=connection)
                done += 0 if "Too many calls" in text_of(result) else 1
            return done

        begin = time.monotonic()
        end = begin + seconds
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            through = sum(pool.map(calling, servers + servers))
        expected = burst + per_second * (time.monotonic() - begin)
        check("over time it is the rate", near(through, expected), (through, expected))


def budgets(redis, api):
    left = 86_400 - time.time() % 86_400
    if left < 60:  # a budget is of a day
        time.sleep(left)

    def made(server, calls):
        texts = [text_of(server.call("list_orders", {})) for _ in range(calls)]
        refused, warned = ([text for text in texts if word in text] for word in ("Today's budget", "of today's budget"))
        return calls - len(refused), refused, warned

    with replicas(2, redis, api, "--rate-limit", "off", "--budget", "10 calls", "--budget-warning", "80") as servers:
        (first, _, early), (second, refused, warned) = made(servers[0], 6), made(servers[1], 6)
        check("a budget is of all replicas together", (first, second) == (6, 4), (first, second))
        check("and says how much of it was used", all("have used 10 of 10 calls" in text for text in refused), refused)
        check("who brings it near its end is warned, once", (len(early), len(warned)) == (0, 1), (early, warned))
        check("on the other replica it is used up too", made(servers[0], 1)[0] == 0)
    with replicas(2, redis, api, "--rate-limit", "off", "--budget", "20 calls", "--state-prefix", "other") as servers:
        made(servers[0], 4)
        redis.kill()
        for server in servers:
            until(lambda: server.metric("mcp_state_up") == 0, "a replica that knows that Redis is gone")
        through = [made(server, 12)[0] for server in servers]
        check("without Redis each replica has its part, less what it had of it", through == [6, 10], through)
        redis.start()
        for server in servers:
            until(lambda: server.metric("mcp_state_up") == 1, "a replica that knows that Redis is back")


def silence(redis, api):
    with replicas(2, redis, api, "--rate-limit", "off", "--rate-limit-global", "100/h", "--state-timeout", "100ms") as servers:
        redis.freeze()
        begin = time.monotonic()
        through = spread(servers, 300)
        check("a Redis that says nothing costs no call its patience", time.monotonic() - begin < 20, time.monotonic() - begin)
        check("and each replica has its part", through == [50, 50], through)
        redis.thaw()
        for server in servers:
            until(lambda: server.metric("mcp_state_up") == 1, "a replica that knows that Redis is back")


def consent(redis, api):
    (WORK / "confirm.key").write_text("0123456789abcdef" * 2)
    options = ["--confirm", "destructive", "--confirm-key-file", str(WORK / "confirm.key")]
    with replicas(2, redis, api, *options) as (first, second):
        arguments = {"order_id": "ORD-100005", "reason": "changed_mind"}
        before = api.requests("POST", "/cancel")
        token = first.call("cancel_order", arguments)["_meta"]["mcpgen/confirm"]["token"]
        agreed = {**arguments, "confirm": token}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda server: server.call("cancel_order", agreed), 4 * [first, second]))
        used = [answer for answer in answers if "done by another call" in text_of(answer) or "was used" in text_of(answer)]
        check("a consent is good once on all replicas", len(used) == 7 and api.requests("POST", "/cancel") == before + 1,
              [text_of(answer) for answer in answers])

        token = second.call("cancel_order", arguments)["_meta"]["mcpgen/confirm"]["token"]
        agreed = {**arguments, "confirm": token}
        redis.kill()
        refused = first.call("cancel_order", agreed)
        check("without Redis nothing is done by a consent that may be used", "cannot be found out" in text_of(refused), refused)
        redis.start()
        for server in (first, second):
            until(lambda: server.metric("mcp_state_up") == 1, "a replica that knows that Redis is back")
        first.call("cancel_order", agreed)
        check("which is as good as before when it is back", api.requests("POST", "/cancel") == before + 2)


def streams(redis, api):
    keys = ",".join([api_key("alice", "alices-key"), api_key("bob", "bobs-key")])
    alice, bob = {"X-API-Key": "alices-key"}, {"X-API-Key": "bobs-key"}
    with replicas(3, redis, api, "--api-keys", keys) as (holder, other, third):
        stream = Stream(holder, alice)
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}}}
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call",
                "params": {"name": "get_order", "arguments": {"order_id": "ORD-100005"}}}
        check("a post that reaches another replica is accepted", stream.post(other, hello, alice) == 202)
        answer = stream.message()
        check("and answered on its stream", answer["id"] == 1 and "serverInfo" in answer["result"], answer)
        for server in (third, other, holder):
            check(f"as is a call by way of {server.name}", stream.post(server, call, alice) == 202)
            answer = stream.message()
            check("with the answer of the API", "ORD-100005" in json.dumps(answer["result"]), answer)
        check("another caller has no such stream", [stream.post(server, call, bob) for server in (holder, other)] == [404, 404])
        check("nobody without a key", stream.post(other, call, {}) == 401)
        check("what is no JSON is refused", stream.post(other, "{", alice) == 400)
        endpoint = stream.endpoint
        redis.kill()
        until(lambda: other.metric("mcp_state_up") == 0, "a replica that knows that Redis is gone")
        check("without Redis another replica says to come again", stream.post(other, call, alice) == 503)
        check("and the one that has the stream goes on", stream.post(holder, call, alice) == 202 and stream.message()["id"] == 2)
        redis.start()
        until(lambda: stream.post(other, call, alice) == 202, "a stream that is found again")
        check("it is found again when Redis is back", stream.message()["id"] == 2)
        stream.close()
        until(lambda: stream.post(other, call, alice) == 404, "a stream that is gone for all")
        check("a stream that has ended is unknown everywhere", stream.post(third, call, alice) == 404, endpoint)


def rights(redis, api):
    """A user of Redis who may do all but talk to other replicas."""
    redis.ask("ACL", "SETUSER", "narrow", "on", f">{PASSWORD}", "~*", "+@all", "resetchannels")
    with replicas(1, redis, api, "--rate-limit", "2/h:2", env={"MCP_STATE": redis.url("narrow")}) as (server,):
        said = lambda: [line for line in server.log().splitlines() if "PUBLISH" in line]
        until(said, "a replica that says what it may not do")
        check("without channels there is one warning that names the rights", len(said()) == 1 and '"level":"WARN"' in said()[0]
              and ":channel:*" in said()[0], said())
        texts = [text_of(server.call("track_parcel", {"tracking_number": "TRK-1"})) for _ in range(3)]
        check("and limits are shared all the same", server.metric("mcp_state_up") == 1 and "Too many calls" in texts[2]
              and "Too many calls" not in texts[1], texts)


def handles(redis, api):
    """Work that goes on is taken up by any replica, for who began it and nobody else."""
    keys = ",".join([api_key("alice", "alices-key"), api_key("bob", "bobs-key")])
    alice, bob = {"X-API-Key": "alices-key"}, {"X-API-Key": "bobs-key"}
    report = {"year": 2026, "account": "account-geheim"}

    def begun(server, headers=alice):
        result = server.call("create_sales_report", report, headers)
        return result["_meta"]["mcpgen/operation"]["handle"]

    def looked(server, handle, headers=alice):
        return text_of(server.call("check_operation", {"handle": handle, "wait": 0}, headers))

    options = ["--poll-timeout", "200ms", "--api-keys", keys]
    with replicas(3, redis, api, *options) as (first, second, third):
        handle, task, stopped = begun(first), begun(first), begun(first)
        said = looked(second, handle)
        check("a handle of another replica is good", "40 % done" in said and handle in said, said)
        check("for who got it", "no operation of this handle" in looked(second, handle, bob), looked(second, handle, bob))
        content = redis.content()
        secrets = [b"account-geheim", b"create_sales_report", b"alice", handle.encode()]
        check("what Redis keeps of it tells nothing", content and not any(secret in content for secret in secrets), content)
        working = third.task("tasks/get", task, alice)
        check("a task is one on every replica", working.get("status") == "working", working)
        other = third.task("tasks/get", task, bob)
        check("for its client alone", other.get("code") == -32602, other)
        first.kill()
        said = looked(third, handle)
        check("also when the replica that began it is gone", "80 % done" in said, said)
        said = looked(second, handle)
        check("the last look gives the result", '"year":2026' in said.replace(" ", ""), said)
        check("which stays there for who did not hear it", looked(third, handle) == said, looked(third, handle))
        before = api.requests("DELETE", "")
        said = text_of(third.call("cancel_operation", {"handle": stopped}, alice))
        check("it is stopped on any replica", "asked to stop" in said and api.requests("DELETE", "") == before + 1, said)
        check("as all see", "Canceled" in looked(second, stopped), looked(second, stopped))
        ended = second.task("tasks/cancel", task, alice)
        check("a task too", ended.get("resultType") == "complete", ended)
        env = {"MCP_STATE": redis.url(), "API_BASE_URL": "http://127.0.0.2:9/api"}
        moved = Replica("replica-moved", api, options, env)
        check("credentials go to no address that is not the API's any more", "none of the API's any more" in looked(moved, handle))
        moved.stop()

        patient = Replica("replica-patient", api, ["--poll-timeout", "20s", "--api-keys", keys], {"MCP_STATE": redis.url()})
        told = patient.progress("create_sales_report", report, alice, "with the handle")
        early = told.split("with the handle `")[1].split("`")[0]
        patient.kill()
        check("a handle is told before a connection can break", "% done" in looked(second, early), told)

        handle = begun(second)
        redis.kill()
        check("without Redis its replica goes on", "40 % done" in looked(second, handle))
        check("and another one says what is the matter", "does not answer at the moment" in looked(third, handle))
        task = third.task("tasks/get", handle, alice)
        check("also to who asks for a task", task.get("code") == -32603 and "try again" in task["message"], task)
        later = begun(second)
        check("what begins meanwhile has a handle there", "40 % done" in looked(second, later))
        redis.start()
        for server in (second, third):
            until(lambda: server.metric("mcp_state_up") == 1, "a replica that knows that Redis is back")
        until(lambda: "% done" in looked(third, later), "a handle that its replica tells as soon as Redis is back")
        check("which is known to all when Redis is back", "year" in looked(third, later))
        several = [begun(second) for _ in range(65)]
        check("one caller has so many", "no operation of this handle" in looked(third, several[0])
              and "% done" in looked(third, several[1]) and "% done" in looked(third, several[64]))


ORDER = "ORD-100005"


def read(server, order=ORDER, headers=None):
    """How a read came by its answer, and the number that it has."""
    result = server.call("get_order", {"order_id": order}, headers)
    how = result["_meta"].get("mcpgen/cache", {}).get("status", "asked")
    return how, None if result.get("isError") else result["structuredContent"]["number"]


def write(server, order=ORDER, headers=None):
    return server.call("remove_gift_message", {"order_id": order}, headers)


def know(servers, up):
    for server in servers:
        until(lambda: server.metric("mcp_state_up") == up, "a replica that knows how Redis is")


def sharing(redis, _):
    """Answers that one replica has got and others give, until anybody changes what they are about."""
    ledger, keys = Ledger(), WORK / "cache.keys"
    keys.write_text("key-" * 8)
    options = ["--cache-store", "state", "--cache-key-file", str(keys), "--cache", "60s"]
    with replicas(3, redis, ledger, *options) as (first, second, third):
        check("an answer is asked for once", [read(server) for server in (first, first, second, third, second)]
              == [("asked", 0), *4 * [("hit", 0)]] and ledger.reads == 1, ledger.reads)
        said = [second.metric(f'mcp_cache_shared_total{{outcome="{name}"}}') for name in ("hit", "valid")]
        check("metrics tell where it was", said == [1, 1], said)
        write(second)
        check("a write on one replica ends it on all", [read(server) for server in (first, second, third)]
              == [("asked", 1), ("hit", 1), ("hit", 1)])
        check("and not what is about something else", [read(first, "ORD-100006"), read(second, "ORD-100006")]
              == [("asked", 0), ("hit", 0)])
        ledger.goes_on.clear()
        ledger.arrived.clear()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            writing = pool.submit(write, first)
            ledger.arrived.wait()
            seen = [read(server) for server in (second, third, first)]
            check("while a write goes on nothing is believed by others", seen[:2] == 2 * [("asked", 1)], seen)
            ledger.goes_on.set()
            writing.result()
        check("nor what was read meanwhile afterwards", [read(server) for server in (second, third)]
              == [("asked", 2), ("hit", 2)])
        ledger.goes_on.clear()
        ledger.arrived.clear()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            writing = pool.submit(given_up, first)
            ledger.arrived.wait()
            first.kill()
            writing.result()
        seen = read(second)
        ledger.goes_on.set()
        until(lambda: ledger.writes == 3, "a write that was on its way")
        check("a replica that dies in a write leaves nothing that is believed", seen == ("asked", 2) and read(third) == ("asked", 3)
              and read(second) == ("asked", 3), seen)
        content = redis.content()
        check("what lies in Redis cannot be read", content and b"note-geheim" not in content)
        read(second, "ORD-999999")
        check("but none that shows a credential", b"alice-token" not in redis.content())
        check("which its replica keeps for itself", read(second, "ORD-999999")[0] == "hit" and read(third, "ORD-999999")[0] == "asked")
        env = {"MCP_STATE": redis.url(), "API_BEARER_AUTH_TOKEN": "bob-token"}
        bob = Replica("replica-bob", ledger, options, env)
        seen = [read(server, "ORD-100008")[0] for server in (second, second, bob, bob, second)]
        check("a server with another credential has its own answers", seen[1:] == ["hit", "asked", "hit", "hit"], seen)
        bob.stop()
    with replicas(2, redis, ledger, "--cache-store", "state", "--cache", "60s", "--state-prefix", "no-keys") as (first, second):
        check("without keys what was asked for with a credential is kept by its replica alone",
              [read(server)[0] for server in (first, first, second)] == ["asked", "hit", "asked"])
    with replicas(1, redis, ledger, *options, "--state-prefix", "small", "--cache-size", "32KiB") as (only,):
        for number in range(100):
            read(only, f"ORD-2{number:05}")
        kept = redis.ask("KEYS", "*small*cache:*").splitlines()
        full = only.metric('mcp_cache_shared_total{outcome="full"}')
        check("nobody fills Redis by reading", 10 < len(kept) < 64 and full > 50, (len(kept), full))
    sharing_after_a_snapshot(redis, ledger, options)
    sharing_without_redis(redis, ledger, options)
    sharing_of_rules(redis, ledger)


def sharing_after_a_snapshot(redis, ledger, options):
    """A Redis that begins anew with what it had a while ago, as it does by default."""
    with replicas(2, redis, ledger, *options, "--state-prefix", "snapshot") as (first, second):
        read(first), read(second)
        redis.ask("SAVE")
        write(first)
        number = ledger.orders[ORDER]
        redis.kill()
        know((first, second), 0)
        redis.start()
        know((first, second), 1)
        check("what was written since is seen by all", [read(server)[1] for server in (second, first)] == [number, number])
        write(second)
        check("also what is written later", [read(server)[1] for server in (first, second)] == [number + 1, number + 1])
    (WORK / "dump.rdb").unlink()


def given_up(server):
    with contextlib.suppress(OSError, http.client.HTTPException):
        write(server)


def sharing_without_redis(redis, ledger, options):
    with replicas(2, redis, ledger, *options, "--state-prefix", "down") as (first, second):
        read(first), read(second)
        redis.kill()
        know((first, second), 0)
        check("without Redis the API is asked", [read(server)[0] for server in (first, second, first)]
              == 3 * ["revalidated"], "")
        write(first)
        number = ledger.orders[ORDER]
        redis.start()
        know((first, second), 1)
        seen = [read(server) for server in (second, first, second)]
        check("and with it again answers are shared, once each has made sure", seen
              == [("asked", number), ("asked", number), ("hit", number)], seen)
    with replicas(2, redis, ledger, *options, "--state-prefix", "parted") as (first, second):
        read(second, "ORD-100007")
        redis.freeze()
        until(lambda: first.metric("mcp_state_up") == 0, "a replica that knows that Redis is silent")
        write(first, "ORD-100007")
        redis.thaw()
        know((first, second), 1)
        until(lambda: read(second, "ORD-100007")[1] == 1, "a write that could not be told is told later")
        check("what was changed meanwhile is told as soon as it can be", True)
    with replicas(1, redis, ledger, *options, "--state-prefix", "lost") as (only,):
        read(only)
        redis.ask("FLUSHALL")
        check("what Redis has lost is not believed", read(only)[0] != "hit", "")
    ledger.fails = False
    keep = [*options[:4], "--cache", "1s", "--state-prefix", "stale", "--config", str(WORK / "stale.toml")]
    (WORK / "stale.toml").write_text('[tools."op:getOrder"]\nstale-if-error = "1h"\n')
    with replicas(2, redis, ledger, *keep) as (first, second):
        read(first)
        ledger.fails = True
        until(lambda: read(second)[0] == "stale", "an answer of another replica that stands in")
        check("an answer of another replica stands in for an API that fails", True)
        redis.kill()
        know((first, second), 0)
        check("also when Redis is gone, where it was seen", read(second)[0] == "stale" and read(first)[0] == "stale")
        redis.start()
    ledger.fails = False


def sharing_of_rules(redis, ledger):
    """Who gets what, what is sealed, and what the API says itself."""
    keys = ",".join([api_key("alice", "alices-key"), api_key("bob", "bobs-key")])
    alice, bob = {"X-API-Key": "alices-key"}, {"X-API-Key": "bobs-key"}
    old, new, other = (WORK / f"{name}.keys" for name in ("old", "new", "other"))
    old.write_text("old-" * 8 + "\n")
    new.write_text("new-" * 8 + "\n" + "old-" * 8 + "\n")
    other.write_text("oth-" * 8 + "\n")
    common = ["--cache-store", "state", "--cache", "60s", "--api-keys", keys, "--state-prefix", "sealed"]
    env = {"MCP_STATE": redis.url()}
    redis.ask("FLUSHALL")
    before, meanwhile, wrong = (Replica(f"replica-{path.stem}", ledger, [*common, "--cache-key-file", str(path)], env)
                                for path in (old, new, other))
    number = ledger.orders[ORDER]
    seen = [read(before, headers=alice), read(meanwhile, headers=alice), read(meanwhile, headers=bob)]
    check("each caller has their own, and an old key opens", seen == [("asked", number), ("hit", number), ("asked", number)], seen)
    content = redis.content()
    secrets = [b"geheim", b"number", b"ETag", b"etag", ORDER.encode(), b"alice", b"old-"]
    check("with a key nothing in Redis can be read", content and not any(secret in content for secret in secrets), content)
    check("another key opens nothing", read(wrong, headers=alice) == ("asked", number))
    write(before, headers=bob)
    seen = [read(server, headers=alice)[1] for server in (before, meanwhile, wrong)]
    check("and a write counts all the same, for all callers", seen == 3 * [number + 1], seen)
    write(wrong, headers=bob)
    seen = [read(server, headers=alice)[1] for server in (before, meanwhile, wrong)]
    check("by whichever replica", seen == 3 * [number + 2], seen)
    for server in (before, meanwhile, wrong):
        server.stop()
    (WORK / "secret.toml").write_text('[tools."op:getOrder"]\nclass = "confidential"\ncache = "60s"\n')
    common = ["--cache-store", "state", "--config", str(WORK / "secret.toml"), "--state-prefix", "class"]
    with replicas(2, redis, ledger, *common) as (first, second):
        check("what is confidential is shared with no key by nobody", [read(server)[0] for server in (first, first, second)]
              == ["asked", "hit", "asked"])
        write(second)
        check("and a write on another replica ends it", read(first)[0] == "asked")
    with replicas(2, redis, ledger, *common, "--cache-key-file", str(old)) as (first, second):
        check("and sealed by all", [read(server)[0] for server in (first, second)] == ["asked", "hit"])
    ledger.headers, asked = {"Cache-Control": "max-age=0"}, ledger.unchanged
    keyed = ["--cache-store", "state", "--cache-key-file", str(old), "--cache", "http"]
    with replicas(2, redis, ledger, *keyed, "--state-prefix", "http") as (first, second):
        check("the answer of another replica is asked about with its validator", [read(server)[0] for server in (first, second)]
              == ["asked", "revalidated"] and ledger.unchanged == asked + 1)
    ledger.headers = {"Cache-Control": "no-store"}
    with replicas(2, redis, ledger, *keyed, "--state-prefix", "no-store") as (first, second):
        check("what is not to be stored is not", [read(server)[0] for server in (first, first, second)] == 3 * ["asked"])
    ledger.headers = {}


def races(redis, _):
    """Reads and writes on all replicas at once: whoever asks after a write has ended sees it, whichever replica made it."""
    ledger, seconds = Ledger(), 6
    orders = [f"ORD-10000{number}" for number in range(3)]
    ended, lock = dict.fromkeys(orders, 0), threading.Lock()
    (WORK / "cache.keys").write_text("key-" * 8)
    options = ["--cache-store", "state", "--cache-key-file", str(WORK / "cache.keys"), "--cache", "60s", "--rate-limit", "off"]
    with replicas(3, redis, ledger, *options) as servers:
        def reading(seed):
            chance, hits, old = random.Random(seed), 0, []
            while time.monotonic() < end:
                order = chance.choice(orders)
                known = ended[order]
                how, number = read(chance.choice(servers), order)
                hits += how == "hit"
                old += [(how, number, known)] if number < known else []
            return hits, old

        def writing(seed):
            chance, done = random.Random(seed), 0
            while time.monotonic() < end:
                order = chance.choice(orders)
                with lock:  # so that the number is that of this write
                    write(chance.choice(servers), order)
                    ended[order] = ledger.orders[order]
                done += 1
                time.sleep(chance.random() / 10)
            return done

        end = time.monotonic() + seconds
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            writes = [pool.submit(writing, seed) for seed in range(2)]
            reads = [each.result() for each in [pool.submit(reading, seed) for seed in range(6)]]
            done = sum(each.result() for each in writes)
        hits, old = sum(hits for hits, _ in reads), [each for _, some in reads for each in some]
        check(f"{hits} answers of before were right through {done} writes", hits > done > 20 and not old, (hits, done, old[:5]))


def scripts(redis, _):
    """What Redis runs, asked by the tests of the module itself."""
    tested = subprocess.run(["cargo", "test", "--quiet", "--locked", "--lib", "--", "runtime::state::"],
                            env={**os.environ, "MCPGEN_TEST_REDIS": redis.url()}, capture_output=True, text=True)
    check("buckets are taken together, and counters are shared", tested.returncode == 0, tested.stdout + tested.stderr)


def main():
    tls = certificates()
    api, redis = Api(), Redis(tls)
    try:
        parts = {part.__name__: part for part in [limits, rate, budgets, silence, consent, streams, rights, handles, sharing, races, scripts]}
        for name in sys.argv[1:] or parts:
            parts[name](redis, api)
    finally:
        redis.kill()
        api.process.kill()
    print(f"{results['passed']} passed, {results['failed']} failed")
    raise SystemExit(results["failed"] > 0)


main()
