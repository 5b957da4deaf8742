"""What both clients of Python put into a call that is made again; see suite/clients.py."""


def consent(action, before):
    """The token of the answer before, for a call that is made again."""
    if action["do"] != "again":
        return {}
    told = before[-1]["_meta"]["mcpgen/confirm"]
    return {told["argument"]: told["token"]}
