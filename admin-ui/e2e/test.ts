import { test as base, expect, type Page } from '@playwright/test';
import { Gateway } from './gateway';

interface OfEachTest {
  /** Logs in by the API, where the test is not about logging in. */
  logIn: (key: string) => Promise<void>;
  /** The page of an administrator who is logged in, at the overview. */
  adminPage: Page;
}

interface OfEachWorker {
  gateway: Gateway;
}

/**
 * Tests of the panel in a browser, against the real program. A page that complains in the console,
 * of its policy for example, or whose script throws, fails its test.
 */
export const test = base.extend<OfEachTest, OfEachWorker>({
  gateway: [
    async ({}, use) => {
      const gateway = await Gateway.start();
      await use(gateway);
      await gateway.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: ({ gateway }, use) => use(gateway.url),
  page: async ({ page }, use) => {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      // Answers such as 401 are told there by the browser itself, and are often what a test is about.
      if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text());
    });
    await use(page);
    expect(complaints, 'what the page complained of').toEqual([]);
  },
  logIn: ({ page }, use) =>
    use(async (key) => {
      const reply = await page.request.post('/admin/api/session', { data: { key } });
      expect(reply.status()).toBe(200);
    }),
  adminPage: async ({ page, gateway, logIn }, use) => {
    await logIn(gateway.adminKey());
    await page.goto('/admin/');
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
    await use(page);
  },
});

export { expect };

/** By the menu at the left. */
export async function open(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** Names of keys and models must be of one test alone, which may run twice. */
export function unique(name: string): string {
  return `${name}-${Math.random().toString(36).slice(2, 8)}`;
}

/** Of the menu with all that can be done with one row. */
export async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

/** The secret that a dialog shows this once; closes the dialog. */
export async function takeSecret(page: Page): Promise<string> {
  const secret = await page.getByTestId('secret').innerText();
  await page.getByRole('button', { name: 'Done' }).click();
  return secret;
}
