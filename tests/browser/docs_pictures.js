// Renews the pictures of docs/pages: PICTURES_FOR_DOCS=1 tests/browser/run

import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { go, launch, person } from './browser.js';
import { withTable } from './png.js';
import { read, start } from './service.js';

const FOLDER = process.env.PICTURES_FOR_DOCS;
const MAX_BYTES = 60_000;
const SIZES = { phone: { width: 360, height: 640 }, desktop: { width: 760, height: 480 } };

const face = {
  title: 'Deploy version 1.4.2 to production?',
  text: 'Three services change. The deployment takes about twelve minutes, and can be taken back.',
  facts: [['Services', 'orders, payments, search'], ['Tests', '1,204 passed, none failed']],
};
const form = {
  name: 'decide', type: 'form', ...face,
  outcomes: [
    {
      name: 'approve', type: 'success', label: 'Approve', style: 'primary', output_body: true,
      schema: {
        type: 'object',
        properties: {
          window: { enum: ['now', 'tonight', 'next Monday'], title: 'When?' },
          servers: { type: 'integer', title: 'Servers to begin with', minimum: 1, maximum: 12 },
          notify: { type: 'boolean', title: 'Tell the on-call team', default: true },
        },
        required: ['window', 'servers'],
      },
    },
    {
      name: 'reject', type: 'failure', label: 'Reject', style: 'danger', error: 'rejected', cause_path: '$.reason',
      schema: { type: 'object', properties: { reason: { type: 'string', title: 'Why not?', maxLength: 500 } }, required: ['reason'] },
    },
  ],
};
const confirmation = { name: 'approve', type: 'success', output: {}, confirm: { ...face, label: 'Approve the deployment' } };

const press = async (page) => {
  await read();
  await page.evaluate(() => { document.forms[0].noValidate = true; });
  await page.locator('button:visible').first().click();
};
const PAGES = {
  form: { action: form },
  'form-errors': {
    action: form,
    then: async (page) => {
      await page.locator('[name="f.servers"]').fill('40');
      await press(page);
    },
  },
  confirm: { action: confirmation },
  done: { action: confirmation, then: press },
};

await mkdir(FOLDER, { recursive: true });
const service = await start({ options: ['--brand-name', 'Release desk'] });
const browser = await launch();
try {
  for (const [name, { action, then }] of Object.entries(PAGES)) {
    const { urls } = await service.ask([action], { expires_in: 'P2D' });
    const context = await person(browser);
    const page = await context.newPage();
    await go(page, urls[action.name]);
    await then?.(page);
    // What has the focus looks different from what a newcomer sees first.
    await page.evaluate(() => document.activeElement.blur());
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        const { width, height } = await page.evaluate(() => {
          const card = document.querySelector('main').getBoundingClientRect();
          // As much room below the card as beside it.
          return { width: window.innerWidth, height: Math.ceil(card.bottom + window.scrollY) + 24 };
        });
        const png = withTable(await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width, height } }));
        assert.ok(png.length < MAX_BYTES, `${name}, ${size}: ${png.length} bytes`);
        await writeFile(path.join(FOLDER, `${name}-${colorScheme}-${size}.png`), png);
      }
    }
    await context.close();
  }
} finally {
  await browser.close();
  await service.stop();
}
