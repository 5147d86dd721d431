import { ConfigError, readConfig } from '../../config/config.js';
import { explainStartFailure } from '../start-failure.js';
import { keysForget, keysRotate, type KeysStatus, keysStatus, keysVerify } from './commands.js';
import type { RotationEnd } from './rotation.js';

const CODES: Readonly<Record<RotationEnd, number>> = { done: 0, stuck: 1, waits: 3 };

/**
 * Runs `countersign keys …` with the settings of the service; returns the exit code.
 * @param say is given what to print
 */
export async function runKeys(
  [command, ...parameters]: readonly string[],
  environment: NodeJS.ProcessEnv,
  { asJson, say }: { readonly asJson: boolean; readonly say: (text: string) => void },
): Promise<number> {
  const line = (text: string): void => say(`${text}\n`);
  try {
    const config = readConfig(environment);
    if (command === 'status') {
      const status = await keysStatus(config);
      say(asJson ? `${JSON.stringify(status, null, 2)}\n` : described(status));
      return 0;
    }
    if (command === 'rotate') return CODES[await keysRotate(config, { tell: line })];
    if (command === 'verify') {
      const { opened, unreadable } = await keysVerify(config);
      for (const { tenant, kind, rows } of unreadable) line(`${tenant}: ${kind}: ${rows} cannot be opened`);
      line(`${opened} opened.`);
      return unreadable.length === 0 ? 0 : 1;
    }
    const { opened, isRoot } = await keysForget(config, parameters[0]!);
    line(`It opened ${opened === 1 ? 'a generation' : `${opened} generations`}, and opens nothing any more.`);
    if (isRoot)
      line('Generation 1 is of a time before there were generations, and follows from it: countersign keys rotate.');
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) line(error.message);
    else line(explainStartFailure(error));
    return 1;
  }
}

function described({ masterKeys, generations, next }: KeysStatus): string {
  const keys = masterKeys.map(
    ({ id, setting, opens }) =>
      `master key ${id} (${setting ?? 'not here'}): opens ${opens.length === 0 ? 'nothing' : `generation ${opens.join(', ')}`}\n`,
  );
  const held = generations.map(
    ({ generation, isUsed, canBeOpened, isMasterKey, kept }) =>
      `generation ${generation}${isUsed ? '' : ', not yet used'}${canBeOpened ? '' : ', cannot be opened'}${isMasterKey ? `, follows from master key ${isMasterKey} itself` : ''}\n` +
      kept.map(({ kind, rows }) => `  ${String(rows).padStart(10)}  ${kind}\n`).join(''),
  );
  return `${keys.join('')}${held.join('')}Next: ${next}\n`;
}
