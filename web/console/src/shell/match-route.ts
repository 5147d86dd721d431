export interface Match<Route> {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The first route of a path below `/console/{tenant}`; null where there is none. `:id` is whatever stands there. */
export function matchRoute<Route extends { readonly path: string }>(
  routes: readonly Route[],
  path: string,
): Match<Route> | null {
  const given = path.split('/').filter((part) => part !== '');
  for (const route of routes) {
    const wanted = route.path.split('/').filter((part) => part !== '');
    if (wanted.length !== given.length) continue;
    if (!wanted.every((part, at) => part.startsWith(':') || part === given[at])) continue;
    const named = wanted.flatMap((part, at) => (part.startsWith(':') ? [[part.slice(1), given[at]!] as const] : []));
    return { route, params: Object.fromEntries(named) };
  }
  return null;
}
