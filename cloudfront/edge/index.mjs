// Lambda@Edge starts Node.js only. This hands its sandbox over to the Rust program beside this file, which speaks the Runtime
// API itself. It happens while the module is loaded, before the runtime has asked for its first event, so none is lost.
import { accessSync, constants } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const bootstrap = fileURLToPath(new URL('bootstrap', import.meta.url));

// A failed execve aborts Node and can't be caught, so what can be known is asked first; this throws.
accessSync(bootstrap, constants.X_OK);

// The program is told which way it was started, for those who ask it. In the same process, so that nothing of Node stays in memory. Node 22.15 and newer.
if (typeof process.execve === 'function') {
  process.execve(bootstrap, [bootstrap, 'execve'], process.env);
}
// Older ones wait for a child and end as it ends.
const { status, signal, error } = spawnSync(bootstrap, ['spawn'], { stdio: 'inherit' });
if (error) console.error(`${bootstrap} can't be started: ${error.message}`);
if (signal) console.error(`${bootstrap} was ended by ${signal}`);
process.exit(status ?? 1);

// Never called: the runtime looks for it by name.
export const handler = async () => {
  throw new Error('the launcher is no handler');
};
