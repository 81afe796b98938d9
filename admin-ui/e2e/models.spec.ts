import { choose, expect, open, test, unique } from './test';

test('a sync shows what it would change before it does', async ({ adminPage: page, gateway }) => {
  const admin = gateway.admin();
  await admin.POST('/models/sync', { params: { query: { dry_run: false } } });
  const synced = await admin.GET('/models');
  const gone = synced.data?.data.find(({ name }) => name === 'mistral-small');
  await admin.DELETE('/models/{id}', { params: { path: { id: gone?.id ?? 'unknown' } } });
  await open(page, 'Models');
  await page.getByRole('button', { name: 'Sync' }).first().click();
  const sync = page.getByRole('dialog', { name: 'Sync models' });
  await expect(sync.getByRole('group', { name: 'To add' })).toContainText('mistral-small');
  const before = await admin.GET('/models');
  expect(before.data?.data.map(({ name }) => name)).not.toContain('mistral-small');
  await sync.getByRole('button', { name: 'Apply 1 change' }).click();

  await expect(sync.getByRole('group', { name: 'Added' })).toContainText('mistral-small');
  await sync.getByText('Close', { exact: true }).click();
  await expect(page.getByRole('table', { name: 'Models' })).toContainText('mistral-small');
  const { key } = await gateway.createKey(unique('synced'));
  expect(await gateway.say(key, 'hello', 'mistral-small')).toBe('Good day.');
});

test('a model is made by hand, tested, switched off and deleted', async ({ adminPage: page, gateway }) => {
  const name = unique('by-hand');
  const { key } = await gateway.createKey(name);
  await open(page, 'Models');
  await page.getByRole('button', { name: 'New model' }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Backend').first().click();
  await page.getByRole('option', { name: 'vllm' }).click();
  await page.getByLabel('Model there').fill('mistral-small');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The model was saved')).toBeVisible();
  expect(await gateway.say(key, 'hello', name)).toBe('Good day.');

  await choose(page, name, 'Test');
  await expect(page.getByRole('dialog')).toContainText(/ms/);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.getByRole('row', { name }).getByRole('switch').click();
  await expect(page.getByRole('row', { name }).getByRole('switch')).not.toBeChecked();
  await expect(gateway.say(key, 'hello', name)).rejects.toMatchObject({ status: 404 });

  await choose(page, name, 'Delete');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByRole('row', { name })).toHaveCount(0);
});
