// The TypeScript SDKs: `@modelcontextprotocol/client` 2.x and `@modelcontextprotocol/sdk` 1.x, by the first argument.
// Reads a job from stdin, prints its outcomes; see suite/clients.py.

import { text } from 'node:stream/consumers';

async function sdk1() {
  const at = '@modelcontextprotocol/sdk/client';
  const { Client } = await import(`${at}/index.js`);
  const { StdioClientTransport } = await import(`${at}/stdio.js`);
  const { StreamableHTTPClientTransport } = await import(`${at}/streamableHttp.js`);
  const { SSEClientTransport } = await import(`${at}/sse.js`);
  const client = () => new Client({ name: 'interop', version: '1' });
  return { client, StdioClientTransport, StreamableHTTPClientTransport, SSEClientTransport };
}

async function sdk2() {
  const { Client, StreamableHTTPClientTransport, SSEClientTransport } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const modes = { auto: 'auto', legacy: 'legacy', modern: { pin: '2026-07-28' } };
  const client = (era) =>
    new Client({ name: 'interop', version: '1' }, { versionNegotiation: { mode: modes[era] } });
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

async function outcome(client, action) {
  try {
    if (action.do === 'list') return await client.listTools();
    return await client.callTool({ name: action.name, arguments: action.arguments });
  } catch (error) {
    return { error: { code: error.code, message: error.message } };
  }
}

const job = JSON.parse(await text(process.stdin));
const sdk = await (process.argv[2] === '1' ? sdk1() : sdk2());
const client = sdk.client(job.era);
await client.connect(transport(sdk, job));
const outcomes = [];
for (const action of job.actions) outcomes.push(await outcome(client, action));
await client.close();
console.log(JSON.stringify(outcomes));
