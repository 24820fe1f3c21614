import { arrive, expect, row, signUp, TAB, test } from '../fixtures';

const PRIVATE_KEY = /^private_[0-9A-Za-z]{36}$/;
const ANY_PRIVATE_KEY = /private_[0-9A-Za-z]{36}/;

test('a new owner signs up, uses, rolls and expires their keys, and leaves nothing behind', async ({
  page,
  context,
  board,
  ask,
  server,
}) => {
  const htmls: Promise<string>[] = [];
  page.on('response', (response) => {
    if (response.headers()['content-type']?.startsWith('text/html') && response.status() === 200) {
      htmls.push(response.text().catch(() => ''));
    }
  });
  const email = await signUp(page);
  const first = row(page, 0);
  await expect(first.getByText('Enabled')).toBeVisible();
  await expect(first.getByText('private_••••••••••••')).toBeVisible();
  await expect(page.getByText(email)).toBeVisible();
  expect(await page.content()).not.toMatch(ANY_PRIVATE_KEY);

  // Reveal, use, hide.
  await first.getByRole('button', { name: 'Reveal private key' }).click();
  await expect(first.getByText(PRIVATE_KEY)).toBeVisible();
  const oldKey = await first.getByText(PRIVATE_KEY).innerText();
  const works = ask(oldKey);
  expect(works.status).toBe(200);
  const oldPublic = (await first.getByText(/^public_[0-9A-Za-z]{36}$/).innerText()).trim();
  expect(works.body).toEqual({
    accountId: expect.stringMatching(/^acct_[0-9A-Za-z]{26}$/),
    externalId: null,
    keyPair: { id: expect.stringMatching(/^pair_[0-9A-Za-z]{26}$/), publicKey: oldPublic, status: 'active', expiresAt: null },
  });
  expect(works.headers.has('deprecation')).toBe(false);
  await first.getByRole('button', { name: 'Hide private key' }).click();
  await expect(first.getByText('private_••••••••••••')).toBeVisible();
  expect(await page.content()).not.toMatch(ANY_PRIVATE_KEY);

  // Copy without showing.
  await board.overwrite(context, 'something else');
  await page.bringToFront();
  await first.getByRole('button', { name: 'Copy private key' }).click();
  await expect(first.getByText('Copied', { exact: true })).toBeVisible();
  expect(await page.content()).not.toMatch(ANY_PRIVATE_KEY);
  expect(await board.paste(context)).toBe(oldKey);
  await page.bringToFront();

  // Roll.
  await first.getByRole('link', { name: 'Roll keys' }).click();
  const dialog = page.getByRole('dialog', { name: 'Roll keys' });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole('radio')).toHaveCount(6);
  await expect(dialog.getByRole('radio', { checked: true })).toHaveCount(0);
  let sent = 0;
  page.on('request', (request) => {
    sent += Number(request.method() === 'POST' && request.url().includes('roll_keys'));
  });
  await expect(dialog.getByText('Choose when the old keys expire.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(dialog.getByRole('radio').first()).toBeFocused();
  expect(sent).toBe(0);
  await dialog.getByRole('radio', { name: 'In 1 hour' }).check();
  await expect(dialog.getByText(/stop working on .+ \(Berlin\), .+ UTC\./)).toBeVisible();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();

  const done = page.getByRole('dialog', { name: 'Your new keys work now' });
  await expect(done).toBeVisible();
  const newKey = await done.getByText(PRIVATE_KEY).innerText();
  expect(newKey).not.toBe(oldKey);
  const [withNew, withOld] = [ask(newKey), ask(oldKey)];
  expect(withNew.status).toBe(200);
  expect(withNew.headers.has('deprecation')).toBe(false);
  expect(withOld.status).toBe(200);
  expect(withOld.headers.get('deprecation')).toMatch(/^@\d+$/);
  const sunset = Date.parse(withOld.headers.get('sunset') ?? '');
  expect(Math.abs(sunset - Date.now() - 3_600_000)).toBeLessThan(120_000);
  expect(withOld.headers.get('link')).toContain(`${server.url}${TAB}`);
  expect(withOld.body).toMatchObject({ keyPair: { status: 'expiring', expiresAt: expect.stringMatching(/Z$/) } });
  await done.getByRole('button', { name: 'Done' }).click();
  await expect(done).toBeHidden();
  expect(await page.content()).not.toMatch(ANY_PRIVATE_KEY);

  // The old pair counts down, and is ended.
  const second = row(page, 1);
  await expect(second.getByText(/Expires in (59 min \d+ s|1 h 0 min)/)).toBeVisible();
  await expect(page.getByText('You rolled these keys on')).toBeVisible();
  const before = await second.getByText(/Expires in/).innerText();
  await expect(second.getByText(/Expires in/)).not.toHaveText(before);
  await second.getByRole('link', { name: 'Expire now' }).click();
  const expire = page.getByRole('dialog', { name: 'Expire these keys now' });
  await expect(expire.getByText(oldPublic)).toBeVisible();
  await expire.getByRole('button', { name: 'Expire now' }).click();
  await expect(expire).toBeHidden();
  await expect(second.getByText('Expired', { exact: true })).toBeVisible();
  const refused = ask(oldKey);
  expect(refused.status).toBe(403);
  expect(refused.body).toMatchObject({ code: 'KEY_REVOKED', message: 'Your request contains expired private API key.' });
  expect(ask(newKey).status).toBe(200);

  // Leave.
  await first.getByRole('button', { name: 'Reveal private key' }).click();
  await expect(first.getByText(newKey)).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await page.goBack();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  expect(await page.content()).not.toMatch(ANY_PRIVATE_KEY);
  await page.goto(TAB);
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  for (const html of await Promise.all(htmls)) {
    expect(html).not.toMatch(ANY_PRIVATE_KEY);
  }
});
