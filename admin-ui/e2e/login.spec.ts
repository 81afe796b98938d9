import { expect, open, takeSecret, test, unique } from './test';

test('the first login takes the key that the gateway left in its folder', async ({ page, gateway }) => {
  await page.goto('/admin/');
  await page.getByRole('textbox', { name: 'Key' }).fill(gateway.adminKey());
  await page.getByRole('button', { name: 'Log in' }).click();

  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]));
  expect(stored).not.toContain(gateway.adminKey());
  expect(stored).not.toMatch(/session|csrf/i);
});

test('a wrong key is told so', async ({ page }) => {
  await page.goto('/admin/');
  await page.getByRole('textbox', { name: 'Key' }).fill('sk-mg-nobodys');
  await page.getByRole('button', { name: 'Log in' }).click();

  await expect(page.getByRole('alert')).toContainText('There is no such key');
});

test('a link to a page within leads there after the login', async ({ page, gateway }) => {
  const key = await gateway.createKey(unique('linked'));
  await page.goto(`/admin/keys/${key.id}`);
  await page.getByRole('textbox', { name: 'Key' }).fill(gateway.adminKey());
  await page.keyboard.press('Enter');

  await expect(page.getByRole('heading', { level: 1, name: key.name })).toBeVisible();
  await expect(page).toHaveURL(new RegExp(`/admin/keys/${key.id}$`));
});

test('who logs out is out', async ({ adminPage: page }) => {
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();

  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await page.goto('/admin/keys');
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
});

test('a form outlives the session that ends under it', async ({ adminPage: page, gateway }) => {
  const name = unique('survivor');
  await open(page, 'Keys');
  await page.getByRole('button', { name: 'New key' }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Create', exact: true }).click();

  const login = page.getByRole('dialog', { name: 'Your session has ended' });
  await login.getByRole('textbox', { name: 'Key' }).fill(gateway.adminKey());
  await login.getByRole('button', { name: 'Log in' }).click();

  expect(await takeSecret(page)).toMatch(/^sk-mg-/);
  await expect(page.getByRole('link', { name })).toBeVisible();
});
