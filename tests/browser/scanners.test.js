// Mail gateways, chat previews and browsers that fetch ahead open links by themselves. None of it answers a link that
// asks first, and afterwards each link still works for a person.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import * as requests from './requests.js';
import { stage } from './catalogue.js';
import { go, person } from './browser.js';
import { read } from './service.js';

const TRIES = Number(process.env.SCANNER_TRIES ?? 10_000);
const FAST_TRIES = 50;

let staged;
before(async () => { staged = await stage(); });
after(() => staged.stop());

const agent = new http.Agent({ keepAlive: true, maxSockets: 24 });
after(() => agent.destroy());

/** One request with exactly these headers. */
function send(url, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const HTML = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded', Accept: HTML };
const AGENTS = [
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'WhatsApp/2.23.20.0',
  'TelegramBot (like TwitterBot)',
  'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)',
  'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com',
  'LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
  'BarracudaCentral Bot',
  'python-requests/2.32.3',
];
const AHEAD = [
  { 'Sec-Purpose': 'prefetch' }, { 'Sec-Purpose': 'prefetch;prerender' }, { Purpose: 'prefetch' }, { 'X-Purpose': 'preview' }, { 'X-Moz': 'prefetch' },
];
const BLIND = [
  'outcome=approve', 'sure=true', 'outcome=approve&sure=true', 'nonce=', `nonce=${'A'.repeat(30)}&outcome=approve&sure=true`,
  'confirm=true&submit=Submit&ok=1', 'f.ticket=OPS-1&outcome=reject',
];

/** What each of them does with a link; `round` counts up. Each gives the statuses that it got. */
const PROFILES = {
  'GET for a browser': (url) => [send(url, { headers: { Accept: HTML } })],
  'GET for anything': (url) => [send(url, { headers: { Accept: '*/*' } })],
  HEAD: (url) => [send(url, { method: 'HEAD' })],
  'HEAD, then GET': async (url) => [await send(url, { method: 'HEAD' }), await send(url, { headers: { Accept: HTML } })],
  OPTIONS: (url) => [send(url, { method: 'OPTIONS', headers: { Origin: staged.service.base, 'Access-Control-Request-Method': 'POST' } })],
  'user agents of previews': (url, round) => [send(url, { headers: { Accept: HTML, 'User-Agent': AGENTS[round % AGENTS.length] } })],
  'fetching ahead': (url, round) => [send(url, { headers: { Accept: HTML, ...AHEAD[round % AHEAD.length] } })],
  'GET twice': (url) => [send(url, { headers: { Accept: HTML } }), send(url, { headers: { Accept: HTML } })],
  'blind empty POST': (url, round) => [send(url, { method: 'POST', headers: round % 2 ? FORM : { Accept: '*/*' } })],
  'blind POST of a form': (url, round) => [send(url, { method: 'POST', headers: FORM, body: BLIND[round % BLIND.length] })],
};

const NONCE = /name="nonce" value="([^"]+)"/;
const answer = (url, html, more) => send(url, { method: 'POST', headers: FORM, body: `nonce=${NONCE.exec(html)[1]}&${more}` });

const strictForm = { ...requests.bareForm, confirm: 'strict' };
/** Links that ask first, how a person answers them, and what becomes of the task. */
const INERT = {
  confirm: { action: requests.confirmation, entries: '', state: { state: 'succeeded', details: { approved: true } } },
  'confirm, failure': { action: { ...requests.confirmation, type: 'failure', output: undefined, error: 'no' }, entries: '', state: { state: 'failed', details: 'no' } },
  strict: { action: requests.strict, entries: 'sure=true', state: { state: 'failed', details: 'deleted' } },
  form: { action: requests.bareForm, entries: 'outcome=reject', state: { state: 'failed', details: 'rejected' } },
  'strict form': { action: strictForm, entries: 'outcome=approve&sure=true', state: { state: 'succeeded', details: { approved: true } } },
  heartbeat: { action: requests.heartbeat, entries: '', state: undefined },
};
const UNTOUCHED = { state: 'waiting', details: '' };

async function ask({ action }) {
  const asked = await staged.service.ask([action]);
  return { ...asked, url: asked.urls[action.name] };
}

/** Opens a link, reads, and presses. */
async function byAPerson({ url, task, kind }) {
  const { entries, state } = INERT[kind];
  const page = await send(url, { headers: { Accept: HTML } });
  await read();
  const done = await answer(url, page.text, entries);
  assert.equal(done.status, 200, kind);
  if (state) assert.deepEqual(await task(), state, kind);
  else assert.match((await task()).details, /^heartbeat at/, kind);
}

test(`no scanner answers a link that asks first, in ${TRIES.toLocaleString('en')} tries`, async () => {
  const links = [];
  for (const [kind, inert] of Object.entries(INERT)) {
    for (let copies = 0; copies < 4; copies += 1) links.push({ kind, ...(await ask(inert)) });
  }
  const tries = [];
  const statuses = new Map();
  const rounds = Math.ceil(TRIES / links.length / Object.keys(PROFILES).length);
  for (let round = 0; round < rounds; round += 1) {
    for (const [place, { url }] of links.entries()) {
      for (const [name, profile] of Object.entries(PROFILES)) tries.push([name, () => profile(url, round + place)]);
    }
  }
  assert.ok(tries.length >= TRIES);
  const waiting = tries.values();
  const worker = async () => {
    for (const [name, attempt] of waiting) {
      for (const { status } of await Promise.all(await attempt())) {
        const seen = statuses.get(name) ?? statuses.set(name, new Set()).get(name);
        seen.add(status);
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  // The service answered them all, and as it should: nobody was merely turned away at the door.
  const expected = { OPTIONS: [405], 'blind empty POST': [400], 'blind POST of a form': [400] };
  for (const name of Object.keys(PROFILES)) {
    assert.deepEqual([...statuses.get(name)].sort(), expected[name] ?? [200], name);
  }
  for (const { kind, task } of links) assert.deepEqual(await task(), UNTOUCHED, kind);
  await Promise.all(links.map(byAPerson));
});

test('the same scanners do answer a link of version 1, so these tests would notice', async () => {
  for (const name of ['GET for a browser', 'GET for anything', 'HEAD, then GET', 'user agents of previews', 'GET twice', 'blind empty POST', 'blind POST of a form']) {
    const { urls, task } = await staged.service.ask([requests.plain]);
    await Promise.all(await PROFILES[name](urls.approve, 0));
    assert.equal((await task()).state, 'succeeded', name);
  }
  for (const name of ['HEAD', 'OPTIONS', 'fetching ahead']) {
    const { urls, task } = await staged.service.ask([requests.plain]);
    await Promise.all(await PROFILES[name](urls.approve, 0));
    assert.deepEqual(await task(), UNTOUCHED, name);
  }
});

const clickFirst = (page) => page.locator('button:visible').first().click();

/** Answers fresh links until enough answers came within a second; gives their links. */
async function answerFast(answerLink) {
  const kinds = Object.keys(INERT);
  const untouched = [];
  for (let attempts = 0; untouched.length < FAST_TRIES; attempts += 1) {
    assert.ok(attempts < 4 * FAST_TRIES, 'this machine is too slow to answer within a second');
    const kind = kinds[attempts % kinds.length];
    const link = { kind, ...(await ask(INERT[kind])) };
    const start = Date.now();
    await answerLink(link);
    // Slower than that, it would be a reader like any other, and this one does not count.
    if (Date.now() - start >= 1_000) continue;
    assert.deepEqual(await link.task(), UNTOUCHED, kind);
    untouched.push(link);
  }
  return untouched;
}

test(`a program that sends the page off at once answers nothing, in ${FAST_TRIES} tries`, async () => {
  const untouched = await answerFast(async ({ url }) => {
    const page = await send(url, { headers: { Accept: HTML } });
    await answer(url, page.text, 'sure=true&outcome=approve');
  });
  await Promise.all(untouched.map(byAPerson));
});

test(`a browser that presses the first button within a second answers nothing, in ${FAST_TRIES} tries`, async (t) => {
  const context = await person(staged.browser, { javaScriptEnabled: true });
  t.after(() => context.close());
  let pressed = 0;
  const untouched = await answerFast(async ({ url }) => {
    const page = await context.newPage();
    page.on('request', (request) => { if (request.method() === 'POST') pressed += 1; });
    await go(page, url);
    await clickFirst(page);
    await page.waitForLoadState();
    await page.close();
  });
  assert.ok(pressed >= FAST_TRIES / 2, `the browser did press: ${pressed}`);
  await Promise.all(untouched.map(byAPerson));
});

test('a browser that waits, and presses without ticking, does not answer a strict link', async (t) => {
  for (const kind of ['strict', 'strict form']) {
    for (const unchecked of [false, true]) {
      const link = { kind, ...(await ask(INERT[kind])) };
      const context = await person(staged.browser, { javaScriptEnabled: true });
      t.after(() => context.close());
      const page = await context.newPage();
      await go(page, link.url);
      await pause(1_500);
      if (unchecked) await page.evaluate(() => { document.forms[0].noValidate = true; });
      await clickFirst(page);
      await page.waitForLoadState();
      assert.deepEqual(await link.task(), UNTOUCHED);
      assert.equal(await page.locator('[role=alert]').count(), unchecked ? 1 : 0);
      // The same browser with the tick.
      await page.locator('[name=sure]').check();
      await pause(1_050);
      await clickFirst(page);
      await page.waitForLoadState();
      assert.equal(await page.locator('h1').textContent(), 'Thank you');
    }
  }
});
