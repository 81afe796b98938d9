import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { ENGINE_MODELS } from './engine';
import type { Gateway } from './gateway';
import { expect, test } from './test';

const SCREENSHOTS = join(import.meta.dirname, '../../target/screenshots');
/** What can differ from a wide screen. */
const NARROW_RULES = ['scrollable-region-focusable', 'aria-hidden-focus'];
const NARROW = { width: 400, height: 860 };

/** What is seen of it: a heading, and what takes longest to come. */
type Look = [path: string, shows: (page: Page) => Promise<void>];

const heading = (name: string | RegExp) => (page: Page) =>
  expect(page.getByRole('heading', { level: 1, name })).toBeVisible();

const dialog = (button: string | RegExp, shows: string) => async (page: Page) => {
  await page.getByRole('button', { name: button }).first().click();
  await expect(page.getByRole('dialog').getByText(shows).first()).toBeVisible();
};

const ADMIN_PAGES: Record<string, Look> = {
  overview: ['', heading('Overview')],
  keys: ['keys', heading('Keys')],
  'key-new': ['keys', dialog('New key', 'Access')],
  key: ['keys/:key', heading('search-service')],
  'key-edit': ['keys/:key', dialog('Edit', 'Access')],
  models: ['models', heading('Models')],
  'model-new': ['models', dialog('New model', 'Priority')],
  'model-sync': ['models', dialog('Sync', 'unchanged')],
  backends: ['backends', heading('Backends')],
  usage: ['usage', heading('Usage')],
  'usage-by-key': ['usage?by=key&range=24h', heading('Usage')],
  requests: ['requests', heading('Requests')],
  request: ['requests/:call', (page) => expect(page.getByText('What happened')).toBeVisible()],
  audit: ['audit', heading('Audit')],
  playground: ['playground', heading('Playground')],
  settings: ['settings', heading('Settings')],
  nowhere: ['nowhere', heading('There is no such page')],
};

const HOLDER_PAGES: Record<string, Look> = {
  'holder-home': ['', heading('alice')],
  'holder-usage': ['usage', heading('Usage')],
  'holder-requests': ['requests', heading('Requests')],
  'holder-playground': ['playground', heading('Playground')],
};

/** A gateway that was used a little, by several keys and in several ways. */
interface Lived {
  holder: string;
  key: string;
  call: string;
}
const lived = new WeakMap<Gateway, Promise<Lived>>();

function live(gateway: Gateway): Promise<Lived> {
  const before = lived.get(gateway);
  if (before !== undefined) return before;
  const now = fill(gateway);
  lived.set(gateway, now);
  return now;
}

async function fill(gateway: Gateway): Promise<Lived> {
  const admin = gateway.admin();
  await admin.POST('/models/sync', { params: { query: { dry_run: false } } });
  await admin.POST('/models', {
    body: {
      name: 'assistant',
      targets: [
        { backend: 'vllm', upstream_model: 'out-of-memory', priority: 0 },
        { backend: 'vllm', upstream_model: 'mistral-small', priority: 1 },
      ],
      fallback_models: ['echo'],
    },
  });
  const search = await gateway.createKey('search-service', {
    rpm: 600,
    quota_tokens: 2_000_000,
    quota_period: 'month',
  });
  const ci = await gateway.createKey('ci', { rpm: 60, allowed_models: ['mistral*', 'echo'], tier: 'paid' });
  const alice = await gateway.createKey('alice', { quota_tokens: 60, note: 'Data team, room 4.12' });
  const nightly = await gateway.createKey('batch-nightly', {
    rpm: 2,
    burst: 2,
    allowed_ips: ['127.0.0.0/8', '10.0.0.0/8'],
  });
  await gateway.createKey('intern', { enabled: false, expires_at: '2030-01-01T00:00:00Z' });
  const callers = [search, search, ci, nightly, alice];
  const models = ['assistant', ...ENGINE_MODELS, 'echo', 'gpt-4'];
  await Promise.all(
    Array.from({ length: 40 }, (_, call) =>
      gateway.say(callers[call % 5]?.key ?? '', 'Good day to you', models[call % 6]).catch(() => null),
    ),
  );
  await expect
    .poll(async () => (await admin.GET('/requests', { params: { query: { limit: 100 } } })).data?.data.length)
    .toBeGreaterThan(35);
  const { data } = await admin.GET('/requests', { params: { query: { model: 'assistant' } } });
  return { holder: alice.key, key: search.id, call: data?.data[0]?.id ?? '' };
}

for (const [title, pages] of [
  ['administrator', ADMIN_PAGES],
  ['key holder', HOLDER_PAGES],
] as const) {
  for (const [name, [path, shows]] of Object.entries(pages)) {
    test(`${name}: the ${title}’s page is accessible, and fits, by day, by night and on a phone`, async ({
      page,
      gateway,
      logIn,
    }) => {
      const { holder, key, call } = await live(gateway);
      await logIn(title === 'administrator' ? gateway.adminKey() : holder);
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      await page.goto(`/admin/${path.replace(':key', key).replace(':call', call)}`);
      await shows(page);
      await settled(page);
      await look(page, name);
      expect(await violations(page), 'in the light').toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
      await look(page, `${name}-dark`);
      expect(await violations(page, ['color-contrast']), 'in the dark').toEqual([]);
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      await page.setViewportSize(NARROW);
      await expect(page.getByRole('navigation', { name: 'Main' })).not.toBeInViewport();
      await look(page, `${name}-narrow`);
      expect(await overflow(page), 'pixels too wide').toBe(0);
      expect(await violations(page, NARROW_RULES), 'on a narrow screen').toEqual([]);
    });
  }
}

test('the login page is accessible', async ({ page }) => {
  for (const light of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: light, reducedMotion: 'reduce' });
    await page.goto('/admin/');
    await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
    await look(page, `login-${light}`);
    expect(await violations(page), light).toEqual([]);
  }
});

test('dark is chosen by a button, and kept', async ({ adminPage: page }) => {
  await page.getByRole('button', { name: 'Dark colors' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
  await page.reload();

  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark');
});

test('on a narrow screen the menu opens and closes', async ({ adminPage: page }) => {
  await page.setViewportSize(NARROW);
  const keys = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Keys' });
  await expect(keys).not.toBeInViewport();
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await keys.click();

  await expect(page.getByRole('heading', { level: 1, name: 'Keys' })).toBeVisible();
  await expect(keys).not.toBeInViewport();
});

test('the keyboard alone leads to a new key', async ({ adminPage: page }) => {
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the page' })).toBeFocused();
  const keys = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Keys' });
  while (!(await keys.evaluate((link) => link === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Keys' })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'New key' }).first()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.keyboard.press('Escape');

  await expect(page.getByRole('dialog')).toHaveCount(0);
});

/** Nothing is a placeholder any more. */
async function settled(page: Page) {
  await expect(page.locator('.mantine-Skeleton-root:visible, .mantine-Loader-root:visible')).toHaveCount(0);
}

/** For people to look at: the whole page, or what a dialog lies upon. */
async function look(page: Page, name: string) {
  const fullPage = (await page.getByRole('dialog').count()) === 0;
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage });
}

/** Pixels by which the page is wider than the window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What axe-core finds that keeps people out: by all of its rules, or by some. */
async function violations(page: Page, rules: string[] = []): Promise<string[]> {
  // Without frames there is nothing that its other mode, which is slower, could do better.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations: found } = await (rules.length === 0 ? axe : axe.withRules(rules)).analyze();
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
