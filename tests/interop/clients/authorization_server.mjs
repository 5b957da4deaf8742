// An OAuth 2.1 authorization server of others (oidc-provider, a certified OpenID provider), with its development pages for
// logging in. Any name is an account; `carol` is a clerk, everybody else a customer.
//
//   authorization_server.mjs PORT RESOURCE jwt|opaque [SECONDS]
//
// Access tokens are good for SECONDS.
import { Provider } from "oidc-provider";

const [port, resource, format, seconds] = process.argv.slice(2);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  // Characters that have to be encoded before they are joined (RFC 6749 §2.3.1).
  clients: [
    {
      client_id: "desk:1",
      client_secret: "se cret+%/?",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
    // An app on the user's machine, which comes back to any port of it (RFC 8252 §7.3).
    {
      client_id: "desktop",
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
      redirect_uris: ["http://127.0.0.1/callback"],
      response_types: ["code"],
    },
  ],
  scopes: ["openid", "offline_access", "orders:read", "orders:write"],
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context, indicator) => ({
        scope: "orders:read orders:write",
        audience: indicator,
        accessTokenFormat: format,
      }),
    },
  },
  issueRefreshToken: (_context, client) => client.grantTypeAllowed("refresh_token"),
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: (_context, token) => ({ roles: [token.accountId === "carol" ? "clerk" : "customer"] }),
  ttl: { AccessToken: Number(seconds ?? 600), AuthorizationCode: 60, DeviceCode: 600, Grant: 600, Interaction: 600, RefreshToken: 600, Session: 600 },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
