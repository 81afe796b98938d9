import { expect, open, test } from './test';

test('the administrator talks to a model, and is told how fast it was', async ({
  adminPage: page,
  gateway,
}) => {
  await open(page, 'Playground');
  await page.getByRole('combobox', { name: 'Model' }).click();
  await page.getByRole('option', { name: 'echo' }).click();
  await page.getByLabel('Message').fill('Say <b>hi</b>');
  await page.keyboard.press('Enter');

  await expect(page.getByRole('log')).toContainText('Say <b>hi</b>');
  const reply = page.getByRole('region', { name: 'Last reply' });
  await expect(reply).toContainText('First token');
  await expect(reply.getByRole('table', { name: 'Reply headers' })).toContainText('x-request-id');
  const { data } = await gateway.admin().GET('/requests', {
    params: { query: { key: 'key_admin-playground' } },
  });
  expect(data?.data[0]).toMatchObject({ model: 'echo', stream: true, outcome: 'completed' });
});
