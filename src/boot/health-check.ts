import { reachable } from '../config/reachable.js';

const TIME_LIMIT_MS = 4_000;

/** What a service says of itself; `detail` is for people. */
export interface Health {
  readonly ok: boolean;
  readonly detail: string;
}

/** Asks the service that listens where an environment says, as an orchestrator would: whether it can serve, or whether it runs. Never throws. */
export async function askForHealth(environment: NodeJS.ProcessEnv, question: 'ready' | 'live'): Promise<Health> {
  const address = `http://${reachable(environment.HOST || '127.0.0.1')}:${environment.PORT || '3000'}/health/${question}`;
  try {
    const response = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(TIME_LIMIT_MS) });
    const { status, detail } = (await response.json()) as { status?: unknown; detail?: unknown };
    if (response.status === 200) return { ok: true, detail: String(status) };
    return { ok: false, detail: typeof detail === 'string' ? detail : `It answers ${response.status}.` };
  } catch {
    return { ok: false, detail: `Nothing answers at ${address} within ${TIME_LIMIT_MS / 1_000} s.` };
  }
}
