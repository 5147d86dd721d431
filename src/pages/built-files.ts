import type { FastifyInstance } from 'fastify';
import { keepsNothing } from '../http/connection.js';
import { type PageFile, readPageFiles } from './page-files.js';

const A_YEAR_SECONDS = 31_536_000;

/** Gives the files of a build, which are read when they are first wanted. */
export type ReadFiles = () => readonly PageFile[];

/** The files of a build, such as `customer`, read once. */
export function filesOf(build: string): ReadFiles {
  let files: readonly PageFile[] | undefined;
  return () => (files ??= readPageFiles(build));
}

/** Serves the files of a build whose names say what is in them, so whoever has one has it for good. */
export function serveAssets(fastify: FastifyInstance, build: string, read: ReadFiles): void {
  let byName: Map<string, PageFile> | undefined;
  fastify.get<{ Params: { name: string } }>(`/pages/${build}/assets/:name`, ({ params }, reply) => {
    byName ??= new Map(read().map((file) => [file.name, file]));
    const file = byName.get(`assets/${params.name}`);
    if (!file) return reply.callNotFound();
    void reply.header('cache-control', `public, max-age=${A_YEAR_SECONDS}, immutable`);
    keepsNothing(reply.raw);
    return reply.type(file.type).send(file.body);
  });
}

/** A page with what its build cannot know: each value in place of its `__name__`, as text and never as markup. */
export function filledIn(html: string, values: Readonly<Record<string, string>>): string {
  return html.replace(/__(\w+)__/g, (whole, key: string) =>
    Object.hasOwn(values, key) ? escaped(values[key]!) : whole,
  );
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
