// The real executable: `serve`, its links and its list of tasks.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { WORK } from './deps.js';

/** All services of this process have one key. */
const KEY = path.join(WORK, `${process.pid}.key`);
process.on('exit', () => rmSync(KEY, { force: true }));

const EXECUTABLE = path.join(WORK, 'sfn-callback-urls');
const READY = /Listen(?:s|ing) on (http:\/\/127\.0\.0\.1:\d+)/i;

/** How long a page must have been open before its answer counts, with some room (src/nonce.rs, MIN_AGE_MS). */
export const READING_MS = 1_050;

export const read = () => pause(READING_MS);

/** Starts a service; `settings` are environment variables. */
export async function start({ options = [], settings = {} } = {}) {
  const local = settings.AWS_ENDPOINT_URL ? [] : ['--key-file', KEY];
  const child = spawn(EXECUTABLE, ['serve', '--port', '0', ...local, ...options], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const base = await new Promise((resolve, reject) => {
    let printed = '';
    const late = setTimeout(() => {
      child.kill();
      reject(new Error('the service does not say where it listens'));
    }, 20_000);
    const listen = (chunk) => {
      // Kept only until the address is known: what follows are links and log lines.
      if (printed === undefined) return;
      printed += chunk;
      const address = READY.exec(printed)?.[1];
      if (address) {
        printed = undefined;
        clearTimeout(late);
        resolve(address);
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`the service ended with ${code}: ${printed ?? ''}`));
    });
  });
  return new Service(child, base);
}

export class Service {
  #child;
  #tasks = 0;

  constructor(child, base) {
    this.#child = child;
    this.base = base;
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await ended;
  }

  /** A waiting task, and the links for it by name of the action. */
  async ask(actions, more = {}) {
    const name = `${process.pid}-${++this.#tasks}`;
    const started = await fetch(`${this.base}/tasks`, { method: 'POST', body: JSON.stringify({ name }) });
    assert.equal(started.status, 201);
    const urls = await this.links(await started.text(), actions, more);
    return { name, urls, task: () => this.#task(name) };
  }

  /** Links for a token. */
  async links(token, actions, more = {}) {
    const created = await fetch(`${this.base}/urls`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, actions, ...more }),
    });
    const answer = await created.json();
    assert.equal(created.status, 200, `${answer.error}: ${answer.message}`);
    return answer.urls;
  }

  /** What became of a task: its state, and its output or error. */
  async #task(name) {
    const tasks = await (await fetch(`${this.base}/tasks`)).json();
    const task = tasks.find((task) => task.name === name);
    assert.ok(task, 'the list has the task');
    const details = task.state === 'succeeded' ? JSON.parse(task.details) : task.details;
    return { state: task.state, details };
  }
}
