// The Next.js app, built and started as its user would, in a copy beside the installed packages.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { atEnd, within } from './endings.mjs';

const BUILD_MS = 180_000;
const START_MS = 60_000;
const KILL_MS = 5_000;

/** Builds, and says in which folder. */
export async function build(source, tools, env) {
  // Turbopack wants its packages within the root that it finds by npm's lock file, which is in `tools`, and no link to them.
  const app = await mkdtemp(join(tools, 'build-'));
  atEnd(() => rm(app, { recursive: true, force: true }));
  await cp(source, app, { recursive: true });
  const next = run(['build'], app, tools, env);
  const [code, signal] = await within(BUILD_MS, 'next build', next.ended);
  if (code !== 0) throw new Error(`next build ended with ${code ?? signal}:\n${next.log()}`);
  return app;
}

/** Starts on a port of the system's choice, and says at which address. */
export async function start(app, tools, env) {
  const next = run(['start', '--port', '0', '--hostname', '127.0.0.1'], app, tools, env);
  const early = next.ended.then(([code, signal]) => {
    throw new Error(`next start ended with ${code ?? signal}:\n${next.log()}`);
  });
  const address = within(START_MS, 'the address that next start says', next.says(/http:\/\/127\.0\.0\.1:\d+/));
  return (await Promise.race([address, early]))[0];
}

function run(command, app, tools, env) {
  const program = join(tools, 'node_modules/next/dist/bin/next');
  const child = spawn(process.execPath, [program, ...command], {
    cwd: app,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  // Nobody may be waiting when it ends.
  ended.catch(() => {});
  let text = '';
  const listeners = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => {
      text += part;
      listeners.forEach((listen) => listen());
    });
  }
  atEnd(() => end(child, ended));
  const says = (pattern) =>
    new Promise((found) => {
      const listen = () => {
        const match = pattern.exec(text);
        if (match) found(match);
      };
      listeners.add(listen);
      listen();
    });
  return { ended, says, log: () => text };
}

async function end(child, ended) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
  await ended.finally(() => clearTimeout(timer));
}
