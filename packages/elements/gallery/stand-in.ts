import type { Reply, State } from './state.js';

/** `fetch` that answers for the service at `/stand-in/NAME` what the state of that name says; all else goes on. */
export function standIn(states: readonly State[], real: typeof fetch): typeof fetch {
  const counts = new Map<string, number>();
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : String(input), location.href);
    const [, name, path] = /^\/stand-in\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
    const state = states.find((one) => one.name === name);
    if (!state || path === undefined) return real(input, init);
    const method = input instanceof Request ? input.method : (init?.method ?? 'GET');
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    return respond(nextReply(state, `${method} ${path}${url.search}`, counts), signal);
  };
}

function nextReply({ name, replies = {} }: State, request: string, counts: Map<string, number>): Reply {
  const found = Object.entries(replies).find(([pattern]) => new RegExp(`^${pattern}`).test(request));
  if (!found) return { status: 404, body: { type: 'https://countersign.example/problems/not-found', status: 404 } };
  const [pattern, reply] = found;
  if (!Array.isArray(reply)) return reply as Reply;
  const count = counts.get(name + pattern) ?? 0;
  counts.set(name + pattern, count + 1);
  return reply[Math.min(count, reply.length - 1)] as Reply;
}

function respond(reply: Reply, signal: AbortSignal | null | undefined): Promise<Response> | Response {
  if (reply === 'stuck') return new Promise(() => undefined);
  if (reply === 'silence')
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
  const { status = 200, body } = reply;
  const headers = { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' };
  return new Response(status === 204 ? null : JSON.stringify(body), { status, headers });
}
