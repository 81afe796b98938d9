import { expect, open, takeSecret, test, unique } from './test';

test('a key holder sees what is left, and only what is theirs', async ({ page, gateway, logIn }) => {
  const mine = await gateway.createKey(unique('mine'), {
    quota_tokens: 5000,
    rpm: 30,
    allowed_models: ['echo'],
    note: 'not for the holder',
  });
  const other = await gateway.createKey(unique('other'));
  await gateway.say(mine.key, 'one two three');
  await gateway.say(other.key, 'of somebody else');
  await logIn(mine.key);
  await page.goto('/admin/');

  await expect(page.getByRole('heading', { level: 1, name: mine.name })).toBeVisible();
  await expect(page.getByText('of 5K')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link')).toHaveText([
    'Home',
    'Usage',
    'Requests',
    'Playground',
  ]);
  await open(page, 'Requests');
  await expect(page.getByRole('table', { name: 'Calls' }).getByRole('row')).toHaveCount(2);
  expect(await page.content()).not.toContain(other.name);
  expect(await page.content()).not.toContain('not for the holder');

  for (const path of [`/keys/${other.id}`, '/keys', '/audit', '/settings', '/overview', '/backends']) {
    expect((await page.request.get(`/admin/api${path}`)).status(), path).toBe(403);
  }
  const theirs = await page.request.get(`/admin/api/requests?key=${other.id}`);
  expect(await theirs.text()).not.toContain(other.name);
  await page.goto(`/admin/keys/${other.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(/no such page|not here/i);
});

test('a key holder rotates the own key and goes on', async ({ page, gateway, logIn }) => {
  const mine = await gateway.createKey(unique('own'));
  await logIn(mine.key);
  await page.goto('/admin/');
  await page.getByRole('button', { name: 'Rotate the key' }).click();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  const secret = await takeSecret(page);

  expect(await gateway.say(secret, 'hello')).toContain('hello');
  expect(await gateway.say(mine.key, 'hello'), 'within its grace').toContain('hello');
  await page.reload();
  await expect(page.getByText('The secret before the last rotation still works')).toBeVisible();
});

test('a session ends with its key', async ({ page, gateway, logIn }) => {
  const mine = await gateway.createKey(unique('ending'));
  await logIn(mine.key);
  await page.goto('/admin/');
  await expect(page.getByRole('heading', { level: 1, name: mine.name })).toBeVisible();
  await gateway.admin().PATCH('/keys/{id}', {
    params: { path: { id: mine.id } },
    body: { enabled: false },
  });
  await page.reload();

  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
});
