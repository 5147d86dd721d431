interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypesFactory {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy;
}

/** Registers the service worker, under the one policy of the page that lets an address become a script: this address. */
export function registerWorker(): void {
  if (!('serviceWorker' in navigator)) return;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypesFactory };
  const rules = { createScriptURL: () => '/my/worker.js' };
  const policy = trustedTypes?.createPolicy('countersign-worker', rules) ?? rules;
  navigator.serviceWorker.register(policy.createScriptURL('/my/worker.js'), { scope: '/my' }).catch(() => undefined);
}
