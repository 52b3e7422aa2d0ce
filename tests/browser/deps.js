// The two packages that package.json names; `run` installs them under target/, beside everything else that it makes.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder for whatever these tests make. */
export const WORK = process.env.BROWSER_TESTS_WORK;
if (!WORK) throw new Error('start these tests with tests/browser/run');

const require = createRequire(path.join(WORK, 'package.json'));

export const { chromium } = require('playwright-core');
export const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
