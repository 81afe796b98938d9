import type { Page } from '@playwright/test';
import { expect, open, test, unique } from './test';

const SCRIPT = '<img src=x onerror="document.title=\'taken over\'">';

test('what looks like a page’s source is shown as text, everywhere', async ({ adminPage: page, gateway }) => {
  const name = `${unique('xss')} ${SCRIPT} 🎉`;
  const key = await gateway.createKey(name, { note: SCRIPT });
  await gateway.say(key.key, SCRIPT, SCRIPT).catch(() => undefined);

  for (const path of [`keys/${key.id}`, 'keys', 'requests', 'usage?by=key', 'audit', '']) {
    await page.goto(`/admin/${path}`);
    await expect(page.getByText('onerror').first(), path).toBeAttached();
    expect(await page.title(), path).not.toBe('taken over');
    expect(await page.locator('img[src=x]').count(), path).toBe(0);
  }
  await open(page, 'Playground');
  await page.getByLabel('Message').fill(SCRIPT);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: 'Last reply' })).toBeVisible();
  expect(await page.locator('img[src=x]').count()).toBe(0);
});

test('a name of 10,000 characters is refused at its field', async ({ adminPage: page, gateway }) => {
  await open(page, 'Keys');
  await page.getByRole('button', { name: 'New key' }).first().click();
  const field = page.getByLabel('Name');
  await field.fill('n'.repeat(10_000));
  expect((await field.inputValue()).length).toBe(200);
  const { response } = await gateway.admin().POST('/keys', { body: { name: 'n'.repeat(10_000) } });

  expect(response.status).toBe(400);
});

test('a name of 200 characters does not break the pages', async ({ adminPage: page, gateway }) => {
  const key = await gateway.createKey(unique('long').padEnd(200, 'g'));
  for (const path of ['keys', `keys/${key.id}`]) {
    await page.goto(`/admin/${path}`);
    await expect(page.getByText(key.name).first()).toBeVisible();
    expect(await overflow(page), path).toBe(0);
  }
});

test('SQL in the search box finds nothing and harms nothing', async ({ adminPage: page, gateway }) => {
  const { name } = await gateway.createKey(unique('kept'));
  await open(page, 'Keys');
  const search = page.getByRole('textbox', { name: 'Search keys' });
  await search.fill("' OR 1=1; DROP TABLE api_key; --");
  await expect(page.getByText('No key is like that')).toBeVisible();
  await search.fill('%');
  await expect(page.getByText('No key is like that')).toBeVisible();
  await search.fill(name);
  await expect(page.getByRole('link', { name })).toBeVisible();
});

test('a range that ends before it begins is told so', async ({ adminPage: page }) => {
  await page.goto('/admin/usage?from=2026-11-20T00:00:00Z&to=2026-11-10T00:00:00Z');
  await expect(page.getByRole('alert')).toContainText(/before|after|range/i);
});

/** Pixels by which the page is wider than the window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
