"""What both clients of Python put into a call that belongs to one before; see suite/clients.py."""


def consent(action, before):
    """The token of the answer before, for a call that is made again; the handle, for one that takes its work up."""
    if action["do"] == "resume":
        operations = [outcome.get("_meta", {}).get("mcpgen/operation") for outcome in before]
        return {"handle": [operation for operation in operations if operation][-1]["handle"]}
    if action["do"] != "again":
        return {}
    told = before[-1]["_meta"]["mcpgen/confirm"]
    return {told["argument"]: told["token"]}
