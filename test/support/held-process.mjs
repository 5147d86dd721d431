/** Loaded by `--import`: process 2 of several is held before it starts, until a file is there; what that says is put into its environment. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const { COUNTERSIGN_PROCESS_NUMBER: number, HELD_UNTIL: file } = process.env;
if (number === '2') {
  while (!existsSync(file)) await sleep(20);
  Object.assign(process.env, JSON.parse(readFileSync(file, 'utf8')));
}
