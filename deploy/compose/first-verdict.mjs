// A first day in one program (docs/first-day.md): a line, a declared call, and two verdicts. Ends with 1 where one is not as it should be.
const SERVICE = process.env.COUNTERSIGN_URL;
const ISSUER = process.env.ISSUER_URL;
const LINE = '+442079460100';

async function ask(address, { method = 'POST', headers = {}, body } = {}) {
  const response = await fetch(address, { method, headers, body });
  const answer = await response.json();
  if (!response.ok)
    throw new Error(`${method} ${new URL(address).pathname}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

async function tokenOf(client, form = { grant_type: 'client_credentials', scope: client }) {
  const authorization = `Basic ${Buffer.from(`${client}:${client}-secret`).toString('base64')}`;
  const { access_token } = await ask(`${ISSUER}/token`, {
    headers: { authorization },
    body: new URLSearchParams(form),
  });
  return access_token;
}

function as(token) {
  return (path, body, method) =>
    ask(`${SERVICE}/v1/${path}`, {
      ...(method ? { method } : {}),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
}

/** The proxy starts beside this, not before it. */
async function untilReady() {
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`${SERVICE}/health/ready`).catch((error) => error);
    if (ready.status === 200) return;
    if (tries === 60)
      throw new Error(`${SERVICE} is not ready: ${ready.status ?? ready.cause?.message ?? ready.message}`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

await untilReady();
const [admin, agent, app] = await Promise.all([
  tokenOf('admin'),
  tokenOf('desktop', { grant_type: 'urn:first-day:person', person: 'amara' }),
  tokenOf('app'),
]);
await as(admin)(`lines/${encodeURIComponent(LINE)}`, { use: 'outbound', label: 'Fraud Operations' }, 'PUT');
await as(agent)('calls', { customerId: 'cust-1', direction: 'outbound', line: LINE, purpose: 'A payment we stopped' });
for (const [customer, expected] of [
  ['cust-1', 'legitimate'],
  ['cust-2', 'not_legitimate'],
]) {
  const { verdict } = await as(app)(`customers/${customer}/call-verdicts`, {
    trigger: 'ringing',
    incomingNumber: LINE,
  });
  process.stdout.write(`${customer}: ${verdict}\n`);
  if (verdict !== expected) process.exitCode = 1;
}
