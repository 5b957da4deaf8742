"""Drives replicas of one server that share a Redis, and looks at what their clients, the API and Redis see of it."""
import concurrent.futures
import contextlib
import itertools
import json
import os
import subprocess
import sys
import time

from replicas import Api, PASSWORD, Redis, Replica, Stream, WORK, api_key, certificates, text_of, until

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
            url = f"redis://:{PASSWORD}@127.0.0.1:{redis.port}"
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
        used = [answer for answer in answers if "was done by another call" in text_of(answer) or "was used" in text_of(answer)]
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
        env = {"MCP_STATE": f"redis://:{PASSWORD}@127.0.0.1:{redis.port}", "API_BASE_URL": "http://127.0.0.2:9/api"}
        moved = Replica("replica-moved", api, options, env)
        check("credentials go to no address that is not the API's any more", "none of the API's any more" in looked(moved, handle))
        moved.stop()

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
        check("what Redis has lost is unknown", "no operation of this handle" in looked(third, later))
        check("until its replica is asked", "80 % done" in looked(second, later) and "year" in looked(third, later))
        several = [begun(second) for _ in range(65)]
        check("one caller has so many", "no operation of this handle" in looked(third, several[0])
              and "% done" in looked(third, several[1]) and "% done" in looked(third, several[64]))


def scripts(redis, _):
    """What Redis runs, asked by the tests of the module itself."""
    url = f"redis://:{PASSWORD}@127.0.0.1:{redis.port}"
    tested = subprocess.run(["cargo", "test", "--quiet", "--locked", "--lib", "--", "runtime::state::"],
                            env={**os.environ, "MCPGEN_TEST_REDIS": url}, capture_output=True, text=True)
    check("buckets are taken together, and counters are shared", tested.returncode == 0, tested.stdout + tested.stderr)


def main():
    tls = certificates()
    api, redis = Api(), Redis(tls)
    try:
        parts = {part.__name__: part for part in [limits, rate, budgets, silence, consent, streams, handles, scripts]}
        for name in sys.argv[1:] or parts:
            parts[name](redis, api)
    finally:
        redis.kill()
        api.process.kill()
    print(f"{results['passed']} passed, {results['failed']} failed")
    raise SystemExit(results["failed"] > 0)


main()
