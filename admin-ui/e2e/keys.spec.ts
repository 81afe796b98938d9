import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { choose, expect, open, takeSecret, test, unique } from './test';

const shell = promisify(exec);

test('a key is made, used with OpenAI’s client, and seen in usage and requests', async ({
  adminPage: page,
  gateway,
}) => {
  const name = unique('shop');
  await open(page, 'Keys');
  await page.getByRole('button', { name: 'New key' }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Requests per minute').fill('50');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByText(`${gateway.url}/v1/chat/completions`)).toBeVisible();
  const secret = await takeSecret(page);

  const reply = await gateway.client(secret).chat.completions.create({
    model: 'echo',
    messages: [{ role: 'user', content: 'How many tokens is this?' }],
  });

  const tokens = reply.usage?.total_tokens ?? 0;
  expect(tokens).toBeGreaterThan(5);
  await page.getByRole('link', { name }).click();
  const facts = page.getByRole('region', { name: 'What it may do' });
  await expect(facts.getByText(new RegExp(`^${tokens} (/|used)`))).toBeVisible();
  const calls = page.getByRole('table', { name: 'Calls' });
  await expect(calls.getByRole('row')).toHaveCount(2);
  await expect(calls).toContainText('echo');
  await expect(page.getByRole('table', { name: 'Top models' })).toContainText('echo');
  await open(page, 'Usage');
  await page.getByText('By key').click();
  const used = page.getByRole('table', { name: 'Usage by key' }).getByRole('row', { name });
  await expect(used.getByRole('cell', { name: String(tokens), exact: true }).first()).toBeVisible();
  await open(page, 'Requests');
  await page
    .getByRole('table', { name: 'Calls' })
    .getByRole('row', { name })
    .getByRole('link')
    .first()
    .click();
  await expect(page.getByRole('dialog')).toContainText('What happened');
  await expect(page.getByRole('dialog')).toContainText(name);
});

test('what is shown once as curl works as it is pasted', async ({ adminPage: page }) => {
  await open(page, 'Keys');
  await page.getByRole('button', { name: 'New key' }).first().click();
  await page.getByLabel('Name').fill(unique('pasted'));
  await page.getByLabel('Default model').fill('echo');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const command = await page.getByRole('tabpanel', { name: 'curl' }).locator('pre').innerText();

  const { stdout } = await shell(`${command} --silent --fail`);

  expect(JSON.parse(stdout)).toMatchObject({ model: 'echo', object: 'chat.completion' });
});

test('a key is edited; a bad network is told at its field', async ({ adminPage: page, gateway }) => {
  const key = await gateway.createKey(unique('edited'));
  await page.goto(`/admin/keys/${key.id}`);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Note').fill('of the shop\nroom 4');
  const networks = page.getByRole('combobox', { name: 'Allowed addresses' });
  await networks.fill('10.0.0.0/99');
  await networks.press('Enter');
  await page.getByRole('button', { name: 'Save' }).click();

  await expect(networks).toHaveAccessibleDescription(/10\.0\.0\.0\/99/);
  await networks.press('Backspace');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The key was saved')).toBeVisible();
  await expect(page.getByText('of the shop')).toBeVisible();
});

test('who saves what somebody else changed meanwhile has the choice', async ({
  adminPage: page,
  gateway,
}) => {
  const key = await gateway.createKey(unique('contested'));
  await page.goto(`/admin/keys/${key.id}`);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Requests per minute').fill('51');
  await gateway.admin().PATCH('/keys/{id}', { params: { path: { id: key.id } }, body: { tpm: 1234 } });
  await page.getByRole('button', { name: 'Save' }).click();

  await expect(page.getByText('Somebody else changed')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Differences' })).toContainText('1,234');
  await page.getByRole('button', { name: 'Overwrite with mine' }).click();
  await expect(page.getByText('The key was saved')).toBeVisible();
  const { data } = await gateway.admin().GET('/keys/{id}', { params: { path: { id: key.id } } });
  expect(data).toMatchObject({ rpm: 51 });
});

test('a key is rotated, and the old secret ends when it was said', async ({ adminPage: page, gateway }) => {
  const key = await gateway.createKey(unique('rotated'));
  await page.goto(`/admin/keys/${key.id}`);
  await choose(page, key.name, 'Rotate');
  await page.getByRole('combobox', { name: 'How long the old secret still works' }).click();
  await page.getByRole('option', { name: 'not at all' }).click();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  const secret = await takeSecret(page);

  expect(await gateway.say(secret, 'hello')).toContain('hello');
  await expect(gateway.say(key.key, 'hello')).rejects.toMatchObject({ status: 401 });
});

test('a disabled key is refused at its next call', async ({ adminPage: page, gateway }) => {
  const key = await gateway.createKey(unique('disabled'));
  await page.goto(`/admin/keys/${key.id}`);
  await choose(page, key.name, 'Disable');
  await expect(page.getByText('The key is disabled')).toBeVisible();

  await expect(gateway.say(key.key, 'hello')).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' });
  await choose(page, key.name, 'Enable');
  await expect(page.getByText('The key is enabled')).toBeVisible();
  expect(await gateway.say(key.key, 'hello')).toContain('hello');
});

test('a key is deleted after a question; what it used stays', async ({ adminPage: page, gateway }) => {
  const key = await gateway.createKey(unique('deleted'));
  await gateway.say(key.key, 'hello');
  await page.goto(`/admin/keys/${key.id}`);
  await choose(page, key.name, 'Delete');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await choose(page, key.name, 'Delete');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();

  await expect(page.getByRole('heading', { level: 1, name: 'Keys' })).toBeVisible();
  await expect(gateway.say(key.key, 'hello')).rejects.toMatchObject({ status: 401 });
  const { data } = await gateway.admin().GET('/requests', { params: { query: { key: key.id } } });
  expect(data?.data).toHaveLength(1);
  await page.goto(`/admin/keys/${key.id}`);
  await expect(page.getByRole('alert')).toContainText('no key');
});

test('several keys are disabled at once', async ({ adminPage: page, gateway }) => {
  const fleet = unique('fleet');
  const keys = [await gateway.createKey(`${fleet}-1`), await gateway.createKey(`${fleet}-2`)];
  await page.goto(`/admin/keys?q=${fleet}`);
  for (const { name } of keys) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
  await page.getByRole('group', { name: 'Selected keys' }).getByRole('button', { name: 'Disable' }).click();

  await expect(page.getByText('2 keys disabled')).toBeVisible();
  for (const { key } of keys) {
    await expect(gateway.say(key, 'hello')).rejects.toMatchObject({ status: 401 });
  }
});

test('what is not shown any more is not deleted with what is', async ({ adminPage: page, gateway }) => {
  const fleet = unique('herd');
  const [one, two] = [await gateway.createKey(`${fleet}-1`), await gateway.createKey(`${fleet}-2`)];
  await page.goto(`/admin/keys?q=${fleet}`);
  await page.getByRole('checkbox', { name: `Select ${one.name}` }).check();
  await page.getByRole('textbox', { name: 'Search keys' }).fill(two.name);
  await expect(page.getByText('1 found')).toBeVisible();
  await expect(page.getByRole('group', { name: 'Selected keys' })).toHaveCount(0);
  await page.getByRole('checkbox', { name: `Select ${two.name}` }).check();
  await page.getByRole('group', { name: 'Selected keys' }).getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('dialog')).toContainText(two.name);
  await page.getByRole('button', { name: 'Delete 1 key' }).click();

  await expect(page.getByText('1 key deleted')).toBeVisible();
  expect(await gateway.say(one.key, 'hello')).toContain('hello');
});

test('a secret that is shown once goes away by its button alone', async ({ adminPage: page }) => {
  await open(page, 'Keys');
  await page.getByRole('button', { name: 'New key' }).first().click();
  await page.getByLabel('Name').fill(unique('once'));
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await expect(page.getByTestId('secret')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 400);

  await expect(page.getByRole('button', { name: 'Close' })).toHaveCount(0);
  expect(await takeSecret(page)).toMatch(/^sk-mg-/);
});

test('a new login in another tab does not lose what is written in this one', async ({
  adminPage: page,
  gateway,
  logIn,
}) => {
  const key = await gateway.createKey(unique('tabs'));
  await page.goto(`/admin/keys/${key.id}`);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Note').fill('written before');
  await logIn(gateway.adminKey());
  await page.getByRole('button', { name: 'Save' }).click();

  await expect(page.getByText('The key was saved')).toBeVisible();
});

test('the way back leads to the list as it was', async ({ adminPage: page, gateway }) => {
  const { name } = await gateway.createKey(unique('found'));
  await open(page, 'Keys');
  await page.getByRole('textbox', { name: 'Search keys' }).fill(name);
  await expect(page.getByText('1 found')).toBeVisible();
  await page.getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await page.goBack();

  await expect(page.getByRole('textbox', { name: 'Search keys' })).toHaveValue(name);
  await expect(page.getByText('1 found')).toBeVisible();
});

test('the audit tells what was done to a key, without its secrets', async ({ adminPage: page, gateway }) => {
  const key = await gateway.createKey(unique('watched'));
  await gateway.admin().PATCH('/keys/{id}', { params: { path: { id: key.id } }, body: { rpm: 77 } });
  await open(page, 'Audit');

  await expect(page.getByText(key.name).first()).toBeVisible();
  expect(await page.content()).not.toContain(key.key);
  const { data } = await gateway.admin().GET('/audit', { params: { query: { kind: 'key', id: key.id } } });
  expect(data?.data.map(({ action }) => action)).toEqual(['update', 'create']);
});
