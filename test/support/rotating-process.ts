import { keysRotate } from '../../src/boot/keys/commands.js';
import { readConfig } from '../../src/config/config.js';

/** An operator's rotation in small steps, until it is done or killed. */
process.exitCode = await keysRotate(readConfig(process.env), {
  tell: (line) => void process.stdout.write(`${line}\n`),
  leadSeconds: 0,
  settleSeconds: 0,
  batch: 5,
}).then((end) => (end === 'done' ? 0 : 1));
