import { Client, type ItemOf, Problem } from '@countersign/client';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import type { StageOptions } from './stage.js';

/** Tells a story of a customer of whom earlier ones told, and takes away what it leaves: live calls, and the phone. */
export async function tellOf(options: StageOptions, customerId: string, tell: () => Promise<void>): Promise<void> {
  const { serviceUrl, dataDirectory, tenant } = options;
  const as = (identity: string): Client =>
    new Client({
      url: serviceUrl,
      token: () => fetchDevelopmentToken({ serviceUrl, dataDirectory, tenant, identity }),
    });
  const [agent, app] = [as('agent:amara'), as('app')];
  await endCalls(agent, customerId);
  const before = new Set((await phones(app, customerId)).map(({ id }) => id));
  try {
    await tell();
  } finally {
    await endCalls(agent, customerId);
    for (const { id: deviceId, revokedAt } of await phones(app, customerId))
      if (!before.has(deviceId) && revokedAt === null)
        await app.delete('/v1/customers/{customerId}/devices/{deviceId}', { path: { customerId, deviceId } });
  }
}

async function endCalls(agent: Client, customerId: string): Promise<void> {
  const { data } = await agent.get('/v1/calls', { query: { agent: 'me', state: 'live', limit: 200 } });
  for (const { id: callId, ...call } of data)
    if (call.customerId === customerId) await agent.post('/v1/calls/{callId}/end', { path: { callId } });
}

/** The phones that this demo sets up are of this kind; a browser in which somebody looks on is not. */
async function phones(app: Client, customerId: string): Promise<ItemOf<'/v1/customers/{customerId}/devices'>[]> {
  try {
    const path = { customerId };
    const found: ItemOf<'/v1/customers/{customerId}/devices'>[] = [];
    for await (const device of app.list('/v1/customers/{customerId}/devices', { path }))
      if (device.platform === 'android') found.push(device);
    return found;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return [];
    throw error;
  }
}
