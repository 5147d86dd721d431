/** Loaded by `--import`: the first process stands still once it has started another, until that has asked it for its environment. */
import cluster from 'node:cluster';
import { existsSync, writeFileSync } from 'node:fs';

const { ASKED_EARLY: file } = process.env;
if (cluster.isPrimary) {
  const fork = cluster.fork.bind(cluster);
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  cluster.fork = (environment) => {
    const worker = fork(environment);
    while (!existsSync(file)) Atomics.wait(nothing, 0, 0, 20);
    return worker;
  };
} else {
  const send = process.send.bind(process);
  process.send = (message, ...rest) => {
    const sent = send(message, ...rest);
    if (message.what === 'environment') writeFileSync(file, '');
    return sent;
  };
}
