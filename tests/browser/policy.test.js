// The pages load nothing, report no error, and keep their policy; an answer may lead on to where its author said.

import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import * as requests from './requests.js';
import { PAGES, stage, visit } from './catalogue.js';
import { go, launch, person } from './browser.js';
import { read } from './service.js';

/** A proxy through which everything goes that the browser asks for by http, whatever it is: an icon, too. */
async function watch() {
  const seen = [];
  const server = http.createServer((request, response) => {
    seen.push(request.url);
    const onward = http.request(request.url, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  // Nothing is asked by https here, and nobody outside is to be asked.
  server.on('connect', (request, socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { seen, stop, url: `http://127.0.0.1:${server.address().port}` };
}

/**
 * Now and then Chromium asks its maker for news of itself, in whichever test that happens to be. This goes past the proxy, to
 * names that do not resolve. Were it a page that asked, it would be known as its request anyway.
 */
const MAKER = ['*.google.com', '*.googleapis.com', '*.gstatic.com', '*.gvt1.com'];

/** A site of somebody else's. */
async function elsewhere() {
  const seen = [];
  let body = '<!doctype html><title>Elsewhere</title><h1>Thanks</h1>';
  const server = http.createServer((request, response) => {
    seen.push({ url: request.url, referer: request.headers.referer });
    response.setHeader('Content-Type', 'text/html');
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    seen,
    url: `http://127.0.0.1:${server.address().port}`,
    show: (html) => { body = html; },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

let staged;
let proxy;
let other;
let browser;
before(async () => {
  staged = await stage();
  [proxy, other] = [await watch(), await elsewhere()];
  browser = await launch({ proxy: { server: proxy.url, bypass: ['<-loopback>', ...MAKER].join() } });
});
after(async () => {
  await browser?.close();
  proxy?.stop();
  other?.stop();
  await staged.stop();
});

/** Where a request went, without the secret of the link. */
const place = (url) => url.replace(/([?&]data=)[\w.~-]*/g, '$1…');

/** A tab, and what its console says; that an answer is a 400 is no fault of the page. */
async function tab(t, used = browser) {
  const context = await person(used);
  t.after(() => context.close());
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    const isStatus = /^Failed to load resource: the server responded with a status of/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isStatus) faults.push(place(message.text()));
  });
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, faults };
}

const STRICT = /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/;
const HEADERS = {
  'cache-control': 'no-store', 'strict-transport-security': 'max-age=31536000', 'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow', vary: 'Accept, Accept-Language', 'content-type': 'text/html; charset=utf-8',
};

for (const shown of PAGES) {
  test(`the page ${shown.name} asks for nothing else`, async (t) => {
    const { page, faults } = await tab(t);
    const wanted = [];
    const asked = [];
    page.on('request', (request) => {
      asked.push(place(request.url()));
      if (request.isNavigationRequest()) wanted.push(place(request.url()));
    });
    proxy.seen.length = 0;
    const response = await visit(page, staged, shown);
    assert.equal(response.status(), shown.status);
    // A style that the policy refuses is no request, but leaves the page bare.
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('main')).maxWidth), '608px');
    assert.deepEqual(faults, []);
    assert.ok(wanted.length > 0);
    assert.deepEqual([asked, proxy.seen.map(place)], [wanted, wanted]);
    const headers = response.headers();
    assert.match(headers['content-security-policy'], STRICT);
    for (const [name, value] of Object.entries(HEADERS)) assert.equal(headers[name], value);
  });
}

test('whatever a page would load is seen by these tests, and refused by the policy', async (t) => {
  const { page, faults } = await tab(t);
  const { urls } = await staged.service.ask([requests.confirmation]);
  await go(page, urls.approve);
  const add = () => page.evaluate((url) => {
    for (const [kind, more] of [['img', { src: `${url}/a.png` }], ['link', { rel: 'stylesheet', href: `${url}/a.css` }], ['iframe', { src: `${url}/a` }]]) {
      document.body.append(Object.assign(document.createElement(kind), more));
    }
    document.body.setAttribute('style', 'color: red');
  }, other.url);
  proxy.seen.length = 0;
  other.seen.length = 0;
  await add();
  await page.waitForTimeout(200);
  assert.equal(faults.filter((fault) => /Content Security Policy/.test(fault)).length, 4, faults.join('\n'));
  assert.deepEqual([proxy.seen, other.seen], [[], []]);

  await go(page, other.url);
  await add();
  await page.waitForTimeout(200);
  assert.ok(proxy.seen.some((url) => url.endsWith('/a.png')) && other.seen.some(({ url }) => url === '/a.css'));
});

test('what Chromium asks its maker for is not taken for what a page asks for', async (t) => {
  const { page } = await tab(t);
  proxy.seen.length = 0;
  await assert.rejects(page.goto('http://update.googleapis.com/service/update2/json'), /ERR_NAME_NOT_RESOLVED/);
  assert.deepEqual(proxy.seen, []);
  // Any other host is asked for by the proxy.
  await assert.rejects(page.goto('http://elsewhere.example/'), /ERR_EMPTY_RESPONSE/);
  assert.deepEqual([...new Set(proxy.seen)], ['http://elsewhere.example/']);
});

const leadsOn = (url) => ({
  confirmation: { ...requests.confirmation, response: { redirect: url } },
  form: { ...requests.bareForm, response: { redirect: url } },
  outcome: { ...requests.bareForm, outcomes: [{ ...requests.bareForm.outcomes[0], response: { redirect: url } }, requests.bareForm.outcomes[1]] },
});

for (const kind of ['confirmation', 'form', 'outcome']) {
  test(`an answer leads on: ${kind}`, async (t) => {
    const { page, faults } = await tab(t);
    const action = leadsOn(`${other.url}/thanks?from=${kind}`)[kind];
    const { urls, task } = await staged.service.ask([action]);
    const response = await go(page, urls[action.name]);
    assert.ok(response.headers()['content-security-policy'].includes(`form-action 'self' ${other.url};`));
    other.seen.length = 0;
    await read();
    await page.locator('button:visible').first().click();
    await page.waitForURL(`${other.url}/**`);
    assert.equal(await page.locator('h1').textContent(), 'Thanks');
    assert.deepEqual(faults, []);
    assert.equal((await task()).state, 'succeeded');
    const [visit] = other.seen;
    assert.equal(visit.url, `/thanks?from=${kind}`);
    assert.equal(visit.referer, undefined, 'the link stays secret');
  });
}

test('without the origin in the policy an answer would not lead on', async (t) => {
  const { page, faults } = await tab(t, staged.browser);
  const action = leadsOn(`${other.url}/thanks`).confirmation;
  const { urls } = await staged.service.ask([action]);
  await page.route('**/respond?**', async (route) => {
    if (route.request().method() !== 'GET') return route.continue();
    const response = await route.fetch();
    const headers = { ...response.headers() };
    headers['content-security-policy'] = headers['content-security-policy'].replace(` ${other.url}`, '');
    return route.fulfill({ response, headers });
  });
  await go(page, urls.approve);
  other.seen.length = 0;
  await read();
  await page.locator('button:visible').first().click();
  await page.waitForTimeout(500);
  assert.deepEqual(other.seen, []);
  assert.ok(faults.some((fault) => /form-action/.test(fault)), faults.join('\n'));
});

test('no other site can frame a page, and so trick somebody into pressing its button', async (t) => {
  const { page } = await tab(t);
  const { urls } = await staged.service.ask([requests.confirmation]);
  other.show(`<!doctype html><title>Frame</title><iframe src="${urls.approve.replaceAll('&', '&amp;')}"></iframe>`);
  await go(page, other.url);
  await page.waitForTimeout(300);
  const framed = page.frames()[1];
  assert.equal(await framed.locator('button').count(), 0);
  assert.match(framed.url(), /^chrome-error:/);
});
