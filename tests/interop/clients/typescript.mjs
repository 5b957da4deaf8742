// The TypeScript SDKs: `@modelcontextprotocol/client` 2.x and `@modelcontextprotocol/sdk` 1.x, by the first argument.
// Reads a job from stdin, prints its outcomes; see suite/clients.py.

import { text } from 'node:stream/consumers';

async function sdk1() {
  const at = '@modelcontextprotocol/sdk/client';
  const { Client } = await import(`${at}/index.js`);
  const { StdioClientTransport } = await import(`${at}/stdio.js`);
  const { StreamableHTTPClientTransport } = await import(`${at}/streamableHttp.js`);
  const { SSEClientTransport } = await import(`${at}/sse.js`);
  const { ElicitRequestSchema } = await import('@modelcontextprotocol/sdk/types.js');
  const client = (era, user) => {
    const client = new Client({ name: 'interop', version: '1' }, { capabilities: user ? { elicitation: {} } : {} });
    if (user) client.setRequestHandler(ElicitRequestSchema, user);
    return client;
  };
  return { client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport };
}

async function sdk2() {
  const { Client, StreamableHTTPClientTransport, SSEClientTransport } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const modes = { auto: 'auto', legacy: 'legacy', modern: { pin: '2026-07-28' } };
  const client = (era, user) => {
    const capabilities = user ? { elicitation: {} } : {};
    const client = new Client({ name: 'interop', version: '1' }, { capabilities, versionNegotiation: { mode: modes[era] } });
    if (user) client.setRequestHandler('elicitation/create', user);
    return client;
  };
  return { client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport };
}

function transport(sdk, job) {
  if (job.transport === 'stdio') {
    const [command, ...args] = job.command;
    return new sdk.StdioClientTransport({ command, args, env: job.env });
  }
  const Transport = job.transport === 'sse' ? sdk.SSEClientTransport : sdk.StreamableHTTPClientTransport;
  return new Transport(new URL(job.url));
}

// The token of the answer before, for a call that is made again.
function consent(action, before) {
  if (action.do !== 'again') return {};
  const told = before.at(-1)._meta['mcpgen/confirm'];
  return { [told.argument]: told.token };
}

async function outcome(client, action, before) {
  try {
    if (action.do === 'list') return await client.listTools();
    return await client.callTool({ name: action.name, arguments: { ...action.arguments, ...consent(action, before) } });
  } catch (error) {
    return { error: { code: error.code, message: error.message } };
  }
}

const job = JSON.parse(await text(process.stdin));
const sdk = await (process.argv[2] === '1' ? sdk1() : sdk2());
const asked = [];
const user = async (request) => {
  asked.push(request.params.message);
  return job.answer === 'accept' ? { action: 'accept', content: {} } : { action: job.answer };
};
const client = sdk.client(job.era, job.answer && user);
await client.connect(transport(sdk, job));
const outcomes = [];
for (const action of job.actions) outcomes.push(await outcome(client, action, outcomes));
await client.close();
console.log(JSON.stringify(job.answer ? [...outcomes, { asked }] : outcomes));
