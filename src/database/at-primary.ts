import { HostWatch, wordsOf } from './host-watch.js';
import { nameOf, readDatabaseAddress } from './hosts.js';
import { Primary } from './primary.js';

/** So long each host has to say what it is. */
const ANSWER_MS = 1_000;

/**
 * The address of a database at its primary alone, for work that is soon done. One host is taken as it is, and not asked.
 * @throws NoPrimary
 */
export async function atPrimary(url: string): Promise<string> {
  const { hosts, target, at } = readDatabaseAddress(url);
  if (target === null) return at(hosts[0]!);
  const primary = new Primary({ url });
  try {
    return at(await primary.find());
  } finally {
    primary.close();
  }
}

/** What each of several hosts says of itself, in a few words; nothing of one host, which is taken as it is. */
export async function describeHosts(url: string): Promise<{ name: string; words: string; answers: boolean }[]> {
  const { hosts, target, at } = readDatabaseAddress(url);
  if (target === null) return [];
  return Promise.all(
    hosts.map(async (host) => {
      const watch = new HostWatch({ host, url: at(host), answerMs: ANSWER_MS, heard: () => 0 });
      const state = await watch.look();
      watch.drop();
      return { name: nameOf(host), words: wordsOf(watch), answers: !('failure' in state) };
    }),
  );
}
