import { type Page, type Route } from '@playwright/test';
import { expect, PASSWORD, row, signIn, test, uniqueEmail, type Server } from '../fixtures';

interface ListedPair {
  id: string;
  status: string;
}

function pairs(server: Server, accountId: string): ListedPair[] {
  return JSON.parse(server.operator(['keys', 'list', '--account', accountId, '--json']).stdout) as ListedPair[];
}

async function chooseIn24Hours(page: Page) {
  await row(page, 0).getByRole('link', { name: 'Roll keys' }).click();
  const dialog = page.getByRole('dialog', { name: 'Roll keys' });
  await dialog.getByRole('radio', { name: 'In 24 hours' }).check();
  return dialog;
}

test('of two people who roll at once, one wins and the other is told who did and when', async ({ newContext, person, server, watch }) => {
  watch.expectStatus(409);
  const colleague = uniqueEmail();
  server.createAccount(colleague, PASSWORD);
  // As the account joined first, in which their session begins.
  server.database(
    `INSERT INTO membership (number, account_id, user_id, role, joined_at)
      SELECT (SELECT min(number) - 1 FROM membership), ?, id, 'owner', 0 FROM person WHERE email = ?`,
    [person.accountId, colleague],
  );
  const emails = [person.email, colleague];
  const pages = await Promise.all(emails.map(async () => (await newContext()).newPage()));
  // Both requests are on their way before either is let through.
  let waiting = 0;
  let letGo = (): void => undefined;
  const both = new Promise<void>((resolve) => (letGo = resolve));
  for (const [index, page] of pages.entries()) {
    await page.route('**/_srv/roll_keys*', async (route) => {
      waiting += 1;
      if (waiting === pages.length) {
        letGo();
      }
      await both;
      await route.continue();
    });
    await signIn(page, emails[index]!);
    await chooseIn24Hours(page);
  }
  await Promise.all(pages.map((page) => page.getByRole('dialog').getByRole('button', { name: 'Roll keys' }).click()));

  const won = await Promise.all(
    pages.map(async (page) => {
      const win = page.getByRole('heading', { name: 'Your new keys work now' });
      const loss = page.getByText('These keys have already been rolled. Nothing was changed.');
      await expect(win.or(loss)).toBeVisible();
      return win.isVisible();
    }),
  );
  expect([...won].sort()).toEqual([false, true]);
  const [winner, loser] = won[0] ? [0, 1] : [1, 0];
  await expect(pages[loser]!.getByText(`${emails[winner]} rolled these keys on`)).toBeVisible();
  await expect(pages[loser]!.getByRole('status').filter({ hasText: 'rolled these keys on' }).locator('time')).toContainText('(Berlin)');
  await expect(row(pages[loser]!, 1).getByText(/Expires in/)).toBeVisible();
  expect(pairs(server, person.accountId).map(({ status }) => status)).toEqual(['active', 'expiring']);
});

/** The next roll reaches the server, and its answer is lost on the way back. */
async function loseTheAnswer(page: Page): Promise<void> {
  const lose = async (route: Route): Promise<void> => {
    await route.fetch();
    await route.abort();
  };
  await page.route('**/_srv/roll_keys*', lose, { times: 1 });
}

test('a person whose answer got lost reads that they rolled, and reveals the new key', async ({ tab, person, server, watch, ask }) => {
  watch.expectLostAnswers();
  const dialog = await chooseIn24Hours(tab);
  await loseTheAnswer(tab);
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(tab.getByText('You rolled these keys on')).toBeVisible();
  await expect(dialog).toBeHidden();
  expect(pairs(server, person.accountId).map(({ status }) => status)).toEqual(['active', 'expiring']);
  await row(tab, 0).getByRole('button', { name: 'Reveal private key' }).click();
  const key = await row(tab, 0).getByText(/^private_[0-9A-Za-z]{36}$/).innerText();
  expect(key).not.toBe(person.privateKey);
  expect(ask(key).status).toBe(200);
});

test('a person who loses the connection after a roll presses again and does not roll twice', async ({ tab, person, server, watch }) => {
  watch.expectLostAnswers();
  const dialog = await chooseIn24Hours(tab);
  await loseTheAnswer(tab);
  // What the page would learn by asking again is lost as well.
  await tab.route('**/_srv/load_developers_tab*', (route) => route.abort());
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(dialog.getByText('The server did not answer. Check your connection and reload the page to see what happened.')).toBeVisible();
  expect(pairs(server, person.accountId)).toHaveLength(2);

  await tab.unroute('**/_srv/load_developers_tab*');
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(dialog).toBeHidden();
  await expect(tab.getByText('You rolled these keys on')).toBeVisible();
  expect(pairs(server, person.accountId).map(({ status }) => status)).toEqual(['active', 'expiring']);
});

test('a person whose request got lost is told, and rolls once by pressing again', async ({ tab, person, server, watch }) => {
  watch.expectLostAnswers();
  const dialog = await chooseIn24Hours(tab);
  await tab.route('**/_srv/roll_keys*', (route) => route.abort(), { times: 1 });
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(dialog.getByText('The server did not answer.')).toBeVisible();
  expect(pairs(server, person.accountId)).toHaveLength(1);
  await expect(dialog.getByRole('radio', { name: 'In 24 hours' })).toBeChecked();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(tab.getByRole('heading', { name: 'Your new keys work now' })).toBeVisible();
  expect(pairs(server, person.accountId).map(({ status }) => status)).toEqual(['active', 'expiring']);
});

test('a person rolls twice in one visit', async ({ tab, person, server }) => {
  for (const known of [1, 2]) {
    const dialog = await chooseIn24Hours(tab);
    await dialog.getByRole('button', { name: 'Roll keys' }).click();
    const done = tab.getByRole('dialog', { name: 'Your new keys work now' });
    await expect(done.getByText(/^private_[0-9A-Za-z]{36}$/)).toBeVisible();
    await done.getByRole('button', { name: 'Done' }).click();
    await expect(row(tab, known).getByText(/Expires in/)).toBeVisible();
  }
  expect(pairs(server, person.accountId).map(({ status }) => status)).toEqual(['active', 'expiring', 'expiring']);
});

test('the page tells the moment a pair runs out', async ({ tab, person, server, ask }) => {
  const answer = server.operator([
    'keys', 'roll', '--account', person.accountId, '--json',
    '--expire-old', new Date(Date.now() + 6_000).toISOString(),
  ]);
  expect(answer.status, answer.stderr).toBe(0);
  server.seenKeys.add((JSON.parse(answer.stdout) as { new: { private_key: string } }).new.private_key);
  await tab.reload();
  await expect(row(tab, 1).getByText(/Expires in \d s/)).toBeVisible();
  await expect(tab.getByText(/operator.* rolled these keys on/i)).toBeVisible();
  await expect(row(tab, 1).getByText('Expired', { exact: true })).toBeVisible();
  await expect(row(tab, 1).getByText('These keys have expired: nobody can reveal them.')).toBeVisible();
  expect(ask(person.privateKey).body).toMatchObject({ code: 'KEY_EXPIRED' });
});
