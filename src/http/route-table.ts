import type { FastifyInstance } from 'fastify';

interface Step {
  readonly statics: Map<string, Step>;
  parameter?: Step;
  readonly methods: Set<string>;
}

/** Which methods each address answers to: what the router knows, but does not tell of another method. */
export class RouteTable {
  private readonly root = step();

  /** Notes each route that is added from now on. */
  watch(fastify: FastifyInstance): this {
    fastify.addHook('onRoute', ({ url, method }) => this.add(url, [method].flat()));
    return this;
  }

  /** @param pattern as the router takes it: a segment that begins with a colon stands for any. */
  add(pattern: string, methods: readonly string[]): void {
    let at = this.root;
    for (const segment of pattern.split('/').slice(1)) {
      if (segment.startsWith(':')) at = at.parameter ??= step();
      else {
        const next = at.statics.get(segment) ?? step();
        at.statics.set(segment, next);
        at = next;
      }
    }
    for (const method of methods) at.methods.add(method);
    if (at.methods.has('GET')) at.methods.add('HEAD');
  }

  /** The methods of an address, in order, or none where there is nothing. */
  methodsAt(address: string): string[] {
    const path = address.split(/[?#]/, 1)[0]!;
    if (!path.startsWith('/')) return [];
    return [...methodsBelow(this.root, path.slice(1).split('/').map(decoded))].sort();
  }
}

function step(): Step {
  return { statics: new Map(), methods: new Set() };
}

/** A static segment is preferred, as by the router; where it leads nowhere, the parameter is tried. */
function methodsBelow(from: Step, segments: readonly (string | null)[]): ReadonlySet<string> {
  const [segment, ...rest] = segments;
  if (segment === undefined) return from.methods;
  if (segment === null) return new Set();
  const found = from.statics.get(segment);
  const methods = found ? methodsBelow(found, rest) : null;
  if (methods?.size) return methods;
  return from.parameter && segment !== '' ? methodsBelow(from.parameter, rest) : new Set();
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
