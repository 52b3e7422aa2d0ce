// Everything by keyboard alone, with scripts switched off.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as requests from './requests.js';
import { PAGES, stage, visit } from './catalogue.js';
import { go, person } from './browser.js';
import { read } from './service.js';

let staged;
before(async () => { staged = await stage(); });
after(() => staged.stop());

/** A tab whose POST requests are counted. */
async function open(t, action, more) {
  const asked = await staged.service.ask([action], more);
  const context = await person(staged.browser);
  t.after(() => context.close());
  const page = await context.newPage();
  const posts = [];
  page.on('request', (request) => { if (request.method() === 'POST') posts.push(request); });
  await go(page, asked.urls[action.name]);
  return { ...asked, page, posts, url: asked.urls[action.name], keys: page.keyboard };
}

/** What has the focus, and whether that can be seen: a thick outline that stands out from what is behind it. */
function focus(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    const rgb = (color) => color.match(/[\d.]+/g).slice(0, 3).map(Number);
    const luminance = (color) => {
      const [r, g, b] = rgb(color).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
    };
    const style = getComputedStyle(element);
    const [a, b] = [style.outlineColor, getComputedStyle(document.querySelector('main')).backgroundColor].map(luminance);
    const box = element.getBoundingClientRect();
    return {
      is: element.matches('.notice') ? 'notice' : element.id || element.value || element.textContent.trim() || element.tagName,
      top: box.top + window.scrollY,
      seen: style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2 && Math.max(a / b, b / a) >= 3,
      inWindow: box.bottom > 0 && box.top < window.innerHeight,
    };
  });
}

/** Presses Tab until a name has the focus; each stop on the way must be seen, and lie further down. */
async function tabTo(page, name) {
  const stops = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const stop = await focus(page);
    assert.ok(stop.seen && stop.inWindow, `the focus can be seen on ${stop.is}`);
    assert.ok(!stops.length || stop.top >= stops.at(-1).top - 1, `the focus goes down from ${stops.at(-1)?.is} to ${stop.is}`);
    if (stops.at(-1)?.is !== stop.is) stops.push(stop);
    if (stop.is === name) return stops.map((stop) => stop.is);
  }
  assert.fail(`Tab does not come to ${name}, only to ${stops.map((stop) => stop.is)}`);
}

/** Presses a key that sends the page, and waits for the answer. */
async function send(page, key) {
  const [response] = await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
  return response;
}

const id = (page, name) => page.locator(`[name="${name}"]`).first().getAttribute('id');

for (const key of ['Enter', 'Space']) {
  test(`a confirmation, by ${key}`, async (t) => {
    const { page, task, url } = await open(t, requests.confirmation);
    await read();
    assert.deepEqual(await tabTo(page, 'Approve the deployment'), ['Approve the deployment']);
    assert.equal((await send(page, key)).status(), 200);
    assert.equal(await page.locator('h1').textContent(), 'Thank you');
    assert.deepEqual(await task(), { state: 'succeeded', details: { approved: true } });

    // A second click, as far as it goes.
    await go(page, url);
    await read();
    await tabTo(page, 'Approve the deployment');
    assert.equal((await send(page, key)).status(), 400);
    assert.equal(await page.locator('h1').textContent(), 'Already answered or closed');
  });
}

test('a strict page wants its tick first', async (t) => {
  const { page, posts, task } = await open(t, requests.strict);
  await read();
  await tabTo(page, 'Delete');
  await page.keyboard.press('Enter');
  assert.equal((await focus(page)).is, 'sure', 'the browser leads to the box');
  assert.equal(posts.length, 0);
  await page.keyboard.press('Space');
  await tabTo(page, 'Delete');
  assert.equal((await send(page, 'Enter')).status(), 200);
  assert.deepEqual(await task(), { state: 'failed', details: 'deleted' });
});

test('a form: every field, an error, the first outcome', async (t) => {
  const { page, posts, keys, task } = await open(t, requests.everyField);
  const go = async (name) => tabTo(page, await id(page, `f.${name}`));
  await read();

  await go('ticket');
  await keys.type('OPS-12');
  await keys.press('Enter');
  assert.equal(posts.length, 0, 'Enter in a field presses no button');
  await go('remark');
  await keys.type('first');
  await keys.press('Enter');
  await keys.type('second');
  await go('day');
  await keys.type('12242026');
  await go('mail');
  await keys.type('team@example.com');
  await go('page');
  await keys.type('https://status.example.com');
  // Tab comes to the group once, the arrows choose.
  await tabTo(page, await id(page, 'f.window'));
  await keys.press('Space');
  await keys.press('ArrowDown');
  await go('region');
  await keys.press('L');
  await go('servers');
  await keys.type('99');
  await keys.press('Enter');
  assert.equal(posts.length, 0, 'Enter in a field presses no button');
  await go('share');
  await keys.type('12.5');
  await go('checks');
  await keys.press('Space');
  await keys.press('Tab');
  await keys.press('Space');
  await go('step');
  await keys.type('2,5');
  await go('notify');
  await keys.press('Space');
  await tabTo(page, 'approve');
  assert.equal((await send(page, 'Enter')).status(), 400, 'the service looks, too');

  // The page is back, and says what is wrong before anything else.
  assert.equal((await focus(page)).is, 'notice');
  const servers = await id(page, 'f.servers');
  await keys.press('Tab');
  assert.equal((await focus(page)).is, 'Servers');
  await keys.press('Enter');
  assert.equal((await focus(page)).is, servers, 'the link leads to the field');
  assert.equal(await page.locator(`#${servers}`).getAttribute('aria-invalid'), 'true');
  assert.ok((await page.locator(`#${servers}`).getAttribute('aria-describedby')).includes(`${servers}-error`));
  assert.deepEqual(await task(), { state: 'waiting', details: '' });

  await keys.press('Control+A');
  await keys.type('3');
  await read();
  await tabTo(page, 'approve');
  assert.equal((await send(page, 'Space')).status(), 200);
  assert.deepEqual(await task(), {
    state: 'succeeded',
    details: {
      ticket: 'OPS-12', remark: 'first\nsecond', day: '2026-12-24', mail: 'team@example.com', page: 'https://status.example.com',
      window: 'noon', region: 'london', servers: 3, share: 12.5, checks: ['load', 'smoke'], step: 2.5, notify: true,
    },
  });
});

test('a form: the second outcome needs only its own field', async (t) => {
  const { page, keys, task } = await open(t, requests.everyField);
  await read();
  await tabTo(page, 'reject');
  assert.equal((await send(page, 'Enter')).status(), 400);
  assert.equal((await focus(page)).is, 'notice');
  await keys.press('Tab');
  assert.equal((await focus(page)).is, 'Why not?');
  await keys.press('Enter');
  await keys.type('Not today.');
  await read();
  await tabTo(page, 'reject');
  assert.equal((await send(page, 'Enter')).status(), 200);
  assert.deepEqual(await task(), { state: 'failed', details: 'rejected: Not today.' });
});

test('Tab visits every field and button once, in the order of the page', async (t) => {
  const { page } = await open(t, requests.everyField);
  const inOrder = await page.evaluate(() => {
    const names = new Set();
    const all = [...document.querySelectorAll('input:not([type=hidden]), select, textarea, button:not([disabled])')];
    // A group of radio buttons is one stop.
    return all.filter(({ type, name }) => type !== 'radio' || (!names.has(name) && names.add(name))).map(({ id, value }) => id || value);
  });
  assert.equal(inOrder.length, 14 + 2 + 1 + 3);
  assert.deepEqual(await tabTo(page, inOrder.at(-1)), inOrder);
});

for (const name of ['expired', 'cut', 'closed', 'done']) {
  test(`nothing on the page ${name} wants the keyboard`, async (t) => {
    const context = await person(staged.browser);
    t.after(() => context.close());
    const page = await context.newPage();
    await visit(page, staged, PAGES.find((page) => page.name === name));
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'BODY');
  });
}
