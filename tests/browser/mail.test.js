// The mail of `deliver.ses` as a mail program shows it: light and dark, narrow and wide, in every language.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as requests from './requests.js';
import { startAws } from './aws_stub.js';
import { DESKTOP, PHONE, collisions, go, isAccessible, launch, mirror, overflows, person, picture } from './browser.js';
import { start } from './service.js';

const SENDER = 'us@example.com';
const LANGUAGES = ['en', 'de', 'es', 'fr', 'ja', 'ko', 'pt-BR', 'zh-Hans', 'zh-Hant'];
const MAIL = 'http://127.0.0.1/mail';

const reject = { name: 'reject', type: 'failure', confirm: { ...requests.confirmation.confirm, label: 'Reject', style: 'danger' } };
const later = { name: 'later', type: 'heartbeat', confirm: { title: 'Not now?', label: 'Ask again', style: 'secondary' } };
const first = { ...requests.confirmation, confirm: { ...requests.confirmation.confirm, style: 'primary' } };
const MAILS = {
  decision: [first, reject, later],
  bare: [requests.bare],
  form: [requests.everyField],
};

let aws;
let service;
let browser;
let same;
before(async () => {
  aws = await startAws();
  const settings = { ...aws.settings, DELIVER_IDENTITY_ARNS: 'arn:aws:ses:eu-central-1:111122223333:identity/example.com' };
  service = await start({ options: [...aws.options, '--brand-name', 'Example & Söhne', '--brand-color', '#7a1fa2'], settings });
  browser = await launch();
  same = await mirror(browser);
});
after(async () => {
  await browser?.close();
  await service?.stop();
  aws?.stop();
});

/** The parts of the mail that somebody gets, by type. */
async function mail(actions, more = {}) {
  const deliver = { ses: { from: SENDER, to: ['ann@example.com'] } };
  const urls = await service.links(`mail-${crypto.randomUUID()}`, actions, { deliver, return_urls: true, expires_in: 'P2D', ...more });
  const [head, ...rest] = aws.mails.pop().split('\r\n\r\n');
  const boundary = /boundary="([^"]+)"/.exec(head)[1];
  const parts = rest.join('\r\n\r\n').split(`--${boundary}`).slice(1, -1);
  const [text, html] = parts.map((part) => decoded(part.slice(part.indexOf('\r\n\r\n') + 4)));
  return { head, text, html, urls };
}

/** Quoted-printable. */
function decoded(text) {
  const bytes = text.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}

async function shown(html, what) {
  const context = await person(browser);
  const page = await context.newPage();
  await page.route('**', (route) => route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }));
  await same.show(await go(page, MAIL));
  for (const [size, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    for (const tab of [page, same.page]) await tab.setViewportSize(viewport);
    assert.deepEqual([await overflows(page), await collisions(page)], [[], []], size);
    for (const colorScheme of ['light', 'dark']) {
      for (const tab of [page, same.page]) await tab.emulateMedia({ colorScheme });
      await picture(page, `mail-${what}-${size}-${colorScheme}`);
      await isAccessible(same, `mail ${what}, ${size}, ${colorScheme}`);
    }
  }
  return { page, context };
}

for (const [name, actions] of Object.entries(MAILS)) {
  test(`the mail ${name} can be read by everybody`, async () => {
    const { html, urls } = await mail(actions);
    const { page, context } = await shown(html, name);
    const links = await page.locator('a').evaluateAll((all) => all.map((link) => link.href));
    assert.deepEqual(links.sort(), Object.values(urls).sort());
    assert.equal(await page.locator('h1').count(), 1);
    assert.equal(await page.locator('script, img, link, iframe').count(), 0);
    await page.emulateMedia({ colorScheme: 'dark' });
    const [ground, paper] = await page.locator('.ground, .paper').evaluateAll((all) => all.slice(-2).map((it) => getComputedStyle(it).backgroundColor));
    assert.deepEqual([ground, paper], ['rgb(16, 19, 23)', 'rgb(29, 33, 39)'], 'it is dark in the dark');
    await context.close();
  });
}

test('the mail is in the language of the request', async () => {
  const notes = new Set();
  for (const locale of LANGUAGES) {
    const { html, text } = await mail(MAILS.bare, { locale });
    const { page, context } = await shown(html, locale);
    assert.equal(await page.locator('html').getAttribute('lang'), locale);
    const heading = await page.locator('h1').textContent();
    assert.ok(text.startsWith(`# ${heading}`), 'both parts say the same');
    notes.add(heading);
    await context.close();
  }
  assert.equal(notes.size, LANGUAGES.length);
});
