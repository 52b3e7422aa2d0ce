// Every page that a person can come to, and how.

import { setTimeout as pause } from 'node:timers/promises';
import * as requests from './requests.js';
import { startAws } from './aws_stub.js';
import { go, launch } from './browser.js';
import { read, start } from './service.js';

/** A browser and what the pages need: a service, one without post actions, and one whose AWS is faulty. */
export async function stage(options = []) {
  const stops = [];
  const keep = async (starting) => {
    const started = await starting;
    stops.push(() => (started.stop ?? started.close).call(started));
    return started;
  };
  const stop = async () => {
    for (const stop of stops.reverse()) await stop();
  };
  try {
    const aws = await keep(startAws());
    return {
      aws, stop,
      making: Promise.resolve(),
      service: await keep(start({ options })),
      without: await keep(start({ options: [...options, '--no-post-actions'] })),
      faulty: await keep(start({ options: [...options, ...aws.options], settings: aws.settings })),
      browser: await keep(launch()),
    };
  } catch (problem) {
    // What still runs would keep the test runner waiting.
    await stop();
    throw problem;
  }
}

const link = (action, more) => async ({ service }) => {
  const asked = await service.ask([action], more);
  return asked.urls[action.name];
};

/** A link that a service with a fault of AWS made. The fault is set while it is made, so one is made at a time. */
const faulty = (fault) => async (stage) => {
  const make = async () => {
    stage.aws.mode = fault;
    return stage.faulty.links(`${fault}-${crypto.randomUUID()}`, [requests.plain]);
  };
  stage.making = stage.making.then(make, make);
  return (await stage.making).approve;
};

const press = (button) => async (page) => {
  await read();
  await button(page);
};
const only = (page) => page.locator('button:visible').first();
const pressOnly = press((page) => only(page).click());
/** Past the checks of the browser. */
const pressUnchecked = press(async (page) => {
  await page.evaluate(() => { document.forms[0].noValidate = true; });
  await only(page).click();
});

/**
 * Presses with a page that was shown just now. A busy browser needs longer than a second from a page to a click, so its
 * answer gets the nonce of a fresh page on its way.
 */
async function pressTooSoon(page, url) {
  await page.route('**', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    const shown = await fetch(url, { headers: { Accept: 'text/html' } });
    const [, nonce] = /name="nonce" value="([^"]+)"/.exec(await shown.text());
    return route.continue({ postData: new URLSearchParams({ nonce }).toString() });
  });
  await only(page).click();
  await page.waitForLoadState('load');
  await page.unroute('**');
}

const wrongEntries = press(async (page) => {
  await page.evaluate(() => { document.forms[0].noValidate = true; });
  await page.locator('[name="f.ticket"]').fill('twelve');
  await page.locator('[name="f.remark"]').fill('Please wait for the backup.\nIt ends at noon.');
  await page.locator('[name="f.mail"]').fill('nobody');
  await page.locator('[name="f.servers"]').fill('40');
  await page.locator('[name="f.checks"]').first().check();
  await only(page).click();
});

/**
 * `open` gives the address, `then` does what else it takes. `heading` is how the page is known in English; `asks`
 * that its heading is the author's in every language.
 */
export const PAGES = [
  { name: 'confirm', status: 200, heading: 'Deploy v1.4.2 to production?', asks: true, open: link(requests.confirmation, { expires_in: 'P2D' }) },
  { name: 'confirm-bare', status: 200, heading: 'Please confirm', open: link(requests.bare) },
  { name: 'confirm-too-fast', status: 400, heading: 'Please confirm', open: link(requests.bare), then: pressTooSoon, notice: 'faster', again: true },
  { name: 'strict', status: 200, heading: 'Delete the database?', asks: true, open: link(requests.strict) },
  { name: 'strict-unticked', status: 400, heading: 'Delete the database?', asks: true, open: link(requests.strict), then: pressUnchecked, notice: 'tick this box' },
  { name: 'form', status: 200, heading: 'Deploy v1.4.2 to production?', asks: true, open: link(requests.everyField, { expires_in: 'P2D' }) },
  { name: 'form-again', status: 400, heading: 'Deploy v1.4.2 to production?', asks: true, open: link(requests.everyField, { expires_in: 'P2D' }), then: wrongEntries, notice: 'check your entries' },
  { name: 'form-bare', status: 200, heading: 'Please decide', open: link(requests.bareForm) },
  { name: 'form-unbroken', status: 200, heading: requests.unbroken.title, asks: true, open: link(requests.unbroken) },
  { name: 'form-unbroken-again', status: 400, heading: requests.unbroken.title, asks: true, open: link(requests.unbroken), then: pressUnchecked, notice: 'check your entries' },
  { name: 'done', status: 200, heading: 'Thank you', open: link(requests.confirmation), then: pressOnly },
  { name: 'kept', status: 200, heading: 'Still open', open: link(requests.heartbeat), then: pressOnly },
  { name: 'closed', status: 400, heading: 'Already answered or closed', open: link(requests.confirmation), then: async (page, url) => {
    await pressOnly(page);
    await go(page, url);
    await pressOnly(page);
  } },
  { name: 'expired', status: 400, heading: 'This link has expired', open: async (stage) => {
    const url = await link(requests.confirmation, { expires_in: 'PT1S' })(stage);
    await pause(2_100);
    return url;
  } },
  { name: 'cut', status: 400, heading: 'This link is incomplete or damaged', open: async (stage) => (await link(requests.confirmation)(stage)).slice(0, -40) },
  { name: 'wrong-use', status: 400, heading: 'This did not work', open: async (stage) => (await link(requests.confirmation)(stage)).replace('action=approve', 'action=reject') },
  { name: 'program', status: 405, heading: 'A link for programs', open: link(requests.forPrograms) },
  { name: 'off', status: 400, heading: 'Not available', open: async (stage) => (await link(requests.bareForm)(stage)).replace(stage.service.base, stage.without.base) },
  { name: 'unconfirmed', status: 202, heading: 'Sent', open: faulty('unconfirmed') },
  { name: 'unsure', status: 503, heading: 'Not confirmed', open: faulty('unsure') },
  { name: 'later', status: 503, heading: 'Please try again later', open: faulty('later') },
  { name: 'fault', status: 500, heading: 'Something went wrong', open: faulty('fault') },
  { name: 'key-gone', status: 410, heading: 'This link can no longer be opened', open: faulty('gone') },
  { name: 'key-off', status: 503, heading: 'Not available', open: faulty('disabled') },
];

/** Opens a page in a tab, and gives the answer that it came with. */
export async function visit(page, stage, shown) {
  let last;
  const keep = (response) => { if (response.request().isNavigationRequest()) last = response; };
  page.on('response', keep);
  // What must be fast is tried again on a machine that is busy.
  for (let tries = shown.again ? 5 : 1; tries > 0 && last?.status() !== shown.status; tries -= 1) {
    const url = await shown.open(stage);
    await go(page, url);
    await shown.then?.(page, url);
    await page.waitForLoadState('load');
  }
  page.off('response', keep);
  return last;
}
