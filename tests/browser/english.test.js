// Every page in English: light and dark, on a phone and on a desktop.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PAGES, stage, visit } from './catalogue.js';
import { DESKTOP, PHONE, collisions, isAccessible, overflows, mirror, person, picture } from './browser.js';

const SIZES = { phone: PHONE, desktop: DESKTOP };
let staged;
let same;
before(async () => {
  staged = await stage();
  same = await mirror(staged.browser);
});
after(() => staged.stop());

for (const shown of PAGES) {
  test(`the page ${shown.name}`, async () => {
    const context = await person(staged.browser);
    const page = await context.newPage();
    const response = await visit(page, staged, shown);
    assert.equal(response.status(), shown.status);
    assert.equal(await page.locator('h1').textContent(), shown.heading);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    const notices = await page.locator('[role=alert]').allTextContents();
    assert.equal(notices.length, shown.notice ? 1 : 0);
    if (shown.notice) assert.ok(notices[0].includes(shown.notice), notices[0]);
    await same.show(response);
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const tab of [page, same.page]) await tab.setViewportSize(viewport);
      assert.deepEqual([await overflows(page), await collisions(page)], [[], []], size);
      for (const colorScheme of ['light', 'dark']) {
        for (const tab of [page, same.page]) await tab.emulateMedia({ colorScheme });
        await picture(page, `${shown.name}-${size}-${colorScheme}`);
        await isAccessible(same, `${shown.name}, ${size}, ${colorScheme}`);
      }
    }
    await context.close();
  });
}
