// What is typed into a field for a number, a date or a time is what the task gets, whatever language the browser has.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { go, launch, person } from './browser.js';
import { read, start } from './service.js';

let service;
let browser;
before(async () => {
  service = await start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const LOCALES = ['en-US', 'de-DE', 'fr-CH', 'ja-JP'];

/** A page that asks for one thing, in a browser of some language. */
async function asking(t, property, locale) {
  const schema = { properties: { x: property }, required: ['x'] };
  const form = { name: 'decide', type: 'form', outcomes: [{ name: 'send', type: 'success', output_body: true, schema }] };
  const { urls, task } = await service.ask([form]);
  const context = await person(browser, { locale });
  t.after(() => context.close());
  const page = await context.newPage();
  await go(page, urls.decide);
  return { page, task, field: page.locator('[name="f.x"]') };
}

/** Presses the button as a person does: what the browser refuses to send is not sent. */
async function send(page) {
  await read();
  const answered = page.waitForEvent('response', (response) => response.request().method() === 'POST');
  await page.locator('button[value=send]').click();
  const status = (await answered).status();
  await page.waitForLoadState('load');
  return status;
}

const NUMBER = { type: 'number' };
const INTEGER = { type: 'integer', minimum: 1, maximum: 5000 };

/** What is typed, and what the task gets; without it the page is shown again. */
const TYPED = [
  [NUMBER, '12,50', 12.5],
  [NUMBER, '12.50', 12.5],
  [NUMBER, '.5', 0.5],
  [NUMBER, '-0,125', -0.125],
  [NUMBER, '1.234,50'],
  [NUMBER, '1,234.50'],
  [NUMBER, '1.234'],
  [NUMBER, '1 234'],
  [INTEGER, '1.000'],
  [INTEGER, '1,000'],
  [INTEGER, '5000,00', 5000],
  [INTEGER, '１２３', 123],
  [INTEGER, '5001'],
];

for (const locale of LOCALES) {
  test(`numbers arrive as they were typed (${locale})`, async (t) => {
    // All at once: each page must have been open for a second.
    await Promise.all(TYPED.map(async ([property, text, number]) => {
      const { page, task, field } = await asking(t, property, locale);
      assert.equal(await field.getAttribute('inputmode'), property === INTEGER ? 'numeric' : 'decimal');
      await field.pressSequentially(text);
      assert.equal(await field.inputValue(), text, 'the browser leaves it alone');
      const status = await send(page);
      const { state, details } = await task();
      if (number === undefined) {
        assert.deepEqual([status, state], [400, 'waiting'], text);
        assert.equal(await page.locator('[name="f.x"]').inputValue(), text, 'it is kept');
        assert.equal(await page.locator('p.error').count(), 1);
      } else {
        assert.deepEqual([status, state, details], [200, 'succeeded', { x: number }], text);
      }
    }));
  });
}

test('a default comes back as the same number', async (t) => {
  await Promise.all([1.125, -12.345, 1000, 0.001, 1e21, 999.999].map(async (number) => {
    const { page, task } = await asking(t, { ...NUMBER, default: number }, 'de-DE');
    assert.equal(await send(page), 200, `${number}`);
    assert.deepEqual((await task()).details, { x: number });
  }));
});

test('dates and times are entered in UTC', async (t) => {
  for (const [format, type, entry, reported] of [
    ['date-time', 'datetime-local', '2026-12-02T05:47', '2026-12-02T05:47:00Z'],
    ['time', 'time', '05:47', '05:47:00Z'],
  ]) {
    const { page, task, field } = await asking(t, { type: 'string', format }, 'de-DE');
    assert.equal(await field.getAttribute('type'), type);
    assert.match(await page.locator('.hint').textContent(), /UTC/);
    await field.fill(entry);
    assert.equal(await send(page), 200);
    assert.deepEqual((await task()).details, { x: reported });
  }
  for (const [given, reported] of [
    ['2026-12-02T06:47:30+01:00', '2026-12-02T05:47:30Z'],
    ['2026-12-02T05:47:00.123456Z', '2026-12-02T05:47:00.123456Z'],
  ]) {
    const { page, task } = await asking(t, { type: 'string', format: 'date-time', default: given }, 'en-US');
    assert.equal(await send(page), 200, 'the browser takes the default');
    assert.deepEqual((await task()).details, { x: reported });
  }
});
