// Nothing that a person has entered gets lost when an answer is refused.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as requests from './requests.js';
import { stage } from './catalogue.js';
import { go, person } from './browser.js';
import { read } from './service.js';

let staged;
before(async () => { staged = await stage(); });
after(() => staged.stop());

const NASTY = `"quoted" 'single' & &amp; &lt; <b>bold</b> </textarea><script>document.title = 'x'</script> \${x} {{ x }} %41 + 👩‍🚀 é é Ω 漢字 שלום`;

/** One entry for each kind of field; the ticket is no ticket, so the answer is refused. */
const ENTRIES = {
  'f.ticket': [`<i>"'&amp;👍 + %`],
  'f.remark': [`\n\nthird line\n\ttab, two  blanks, one at the end \n${NASTY}\n`],
  'f.day': ['2026-12-24'],
  'f.mail': ['no"body&<co>'],
  'f.page': ['nowhere?a=1&b="2"'],
  'f.window': ['night'],
  'f.region': ['milan'],
  'f.servers': ['40'],
  'f.share': ['12.50'],
  'f.checks': ['load', 'security'],
  'f.begin': ['2026-12-24T18:00'],
  'f.host': ['192.0.2.7'],
  'f.step': ['2,5'],
  'f.notify': ['true'],
  'f.reason': [NASTY],
};

async function open(t, action = requests.everyField) {
  const asked = await staged.service.ask([action]);
  const context = await person(staged.browser);
  t.after(() => context.close());
  const page = await context.newPage();
  await go(page, asked.urls[action.name]);
  return { ...asked, page };
}

async function enter(page, entries) {
  for (const [name, [first, ...more]] of Object.entries(entries)) {
    const field = page.locator(`[name="${name}"]`);
    const kind = await field.first().evaluate(({ type }) => type);
    if (kind === 'radio' || kind === 'checkbox') {
      for (const value of [first, ...more]) await page.locator(`[name="${name}"][value="${value}"]`).check();
    } else if (kind === 'select-one') {
      await field.selectOption(first);
    } else {
      await field.fill(first);
    }
  }
}

/** What would be sent now, by name. */
function entered(page) {
  return page.evaluate(() => {
    const all = {};
    for (const [name, value] of new FormData(document.forms[0])) {
      if (name.startsWith('f.') && value !== '') (all[name] ??= []).push(value);
    }
    return all;
  });
}

/** Past the checks of the browser. */
async function press(page, button) {
  await page.evaluate(() => { document.forms[0].noValidate = true; });
  const [response] = await Promise.all([page.waitForNavigation(), page.locator(`button[value=${button}]`).click()]);
  return response;
}

const REFUSALS = {
  'wrong entries': async (page) => {
    await read();
    return press(page, 'approve');
  },
  'an answer that is too fast': (page) => press(page, 'approve'),
  'a page that is not ours': async (page) => {
    await page.evaluate(() => { document.querySelector('[name=nonce]').value = 'A'.repeat(30); });
    await read();
    return press(page, 'approve');
  },
  'no such button': async (page) => {
    await page.evaluate(() => { document.querySelector('button[value=approve]').value = 'none'; });
    await read();
    return press(page, 'none');
  },
  'something that the page does not ask for': async (page) => {
    await page.evaluate(() => {
      const more = Object.assign(document.createElement('input'), { name: 'f.other', value: 'x' });
      document.forms[0].append(more);
    });
    await read();
    return press(page, 'reject');
  },
};

for (const [name, refuse] of Object.entries(REFUSALS)) {
  test(`entries survive ${name}`, async (t) => {
    const { page, task } = await open(t);
    await enter(page, ENTRIES);
    const before = await entered(page);
    assert.deepEqual(Object.keys(before).sort(), Object.keys(ENTRIES).sort(), 'everything was entered');
    if (name === 'an answer that is too fast') {
      // Filling it in took longer than that; the next page is fresh.
      await press(page, 'approve');
    }
    const response = await refuse(page);
    assert.equal(response.status(), 400);
    assert.equal(await page.locator('[role=alert]').count(), 1);
    assert.deepEqual(await entered(page), before);
    assert.deepEqual(await task(), { state: 'waiting', details: '' });
  });
}

test('entries survive twice, and arrive when the wrong ones are mended', async (t) => {
  const { page, task } = await open(t);
  await enter(page, ENTRIES);
  for (let times = 0; times < 2; times += 1) {
    await read();
    assert.equal((await press(page, 'approve')).status(), 400);
  }
  await enter(page, { 'f.ticket': ['OPS-7'], 'f.mail': ['team@example.com'], 'f.page': ['https://example.com/?a=1&b=2'], 'f.servers': ['4'] });
  await read();
  assert.equal((await press(page, 'approve')).status(), 200);
  const { state, details } = await task();
  assert.equal(state, 'succeeded');
  assert.deepEqual(details, {
    ticket: 'OPS-7', remark: ENTRIES['f.remark'][0], day: '2026-12-24', mail: 'team@example.com', page: 'https://example.com/?a=1&b=2',
    window: 'night', region: 'milan', servers: 4, share: 12.5, checks: ['load', 'security'],
    begin: '2026-12-24T18:00:00Z', host: '192.0.2.7', step: 2.5, notify: true,
  });
});

test('what a browser of another kind sends is shown again as it was', async (t) => {
  const { page } = await open(t);
  const odd = { 'f.servers': 'a dozen', 'f.share': '1,5 "or" so', 'f.day': 'Christmas <eve>', 'f.begin': '2026-02-30T18:00', 'f.ticket': 'x'.repeat(2_000) };
  await page.evaluate((odd) => {
    for (const [name, value] of Object.entries(odd)) {
      const field = document.querySelector(`[name="${name}"]`);
      field.type = 'text';
      field.removeAttribute('maxlength');
      field.value = value;
    }
  }, odd);
  await read();
  assert.equal((await press(page, 'approve')).status(), 400);
  for (const [name, value] of Object.entries(odd)) {
    const field = page.locator(`[name="${name}"]`);
    assert.equal(await field.getAttribute('value'), value);
    assert.equal(await field.inputValue(), value, `${name}: a person can see it`);
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
  }
});

test('each error stands beside its field, and the notice leads there', async (t) => {
  const { page } = await open(t);
  await enter(page, ENTRIES);
  await read();
  await press(page, 'approve');
  const links = await page.locator('[role=alert] a').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
  assert.equal(links.length, 4);
  for (const [place, name] of ['f.ticket', 'f.mail', 'f.page', 'f.servers'].entries()) {
    const field = page.locator(`[name="${name}"]`);
    assert.equal(links[place], `#${await field.getAttribute('id')}`);
    const described = (await field.getAttribute('aria-describedby')).split(' ');
    const error = page.locator(`#${described.at(-1)}`);
    assert.ok((await error.getAttribute('class')).includes('error'));
    const [above, below] = [await error.boundingBox(), await field.boundingBox()];
    assert.ok(above.y < below.y && below.y - above.y < 60, 'right above the field');
  }
  assert.equal(await page.locator('[aria-invalid=true]').count(), 4);
});
