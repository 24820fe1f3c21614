// The people beside the owner, in browsers of their own.
import { type Page } from '@playwright/test';
import { arrive, axe, expect, PASSWORD, row, signIn, test, uniqueEmail } from '../fixtures';

const MEMBERS = '/dashboard/members';

function member(page: Page, email: string) {
  return page.getByRole('table', { name: 'Members of the account' }).getByRole('row').filter({ hasText: email });
}

/** Invites by the pages; answers the link that is shown once. */
async function invite(page: Page, email: string, role: string): Promise<string> {
  await page.goto(MEMBERS);
  await page.getByRole('link', { name: 'Invite somebody' }).click();
  await page.getByLabel('Their e-mail address').fill(email);
  await page.getByRole('radio', { name: role }).check();
  await page.getByRole('button', { name: 'Make the link' }).click();
  await page.waitForURL(`**${MEMBERS}`);
  const link = await page.getByRole('textbox', { name: 'Link' }).textContent();
  return link?.trim() ?? '';
}

/** Joins as somebody new, by the link. */
async function joinNew(page: Page, link: string, email: string): Promise<void> {
  await page.goto(link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL('**/invitation/join');
  await expect(page.getByRole('definition').filter({ hasText: email })).toBeVisible();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Choose this password and join' }).click();
  await page.waitForURL('**/dashboard/developers');
}

test('an owner invites a developer, who joins in their own browser and rolls the keys', async ({ tab, person, newContext, board, ask, server }) => {
  const email = uniqueEmail();
  await tab.getByRole('link', { name: 'Members' }).click();
  await expect(tab.getByRole('heading', { name: 'Members', level: 1 })).toBeVisible();
  await axe(tab);
  const link = await invite(tab, email, 'Developer');
  expect(link).toContain(`${server.url}/invitation#`);
  await axe(tab);
  await tab.getByRole('button', { name: 'Copy the link' }).click();
  await expect(tab.getByRole('status').filter({ hasText: 'Copied.' })).toBeVisible();
  expect(await board.paste(tab.context())).toBe(link);
  await tab.reload();
  await expect(tab.getByRole('textbox', { name: 'Link' })).toHaveCount(0);
  expect(await tab.content()).not.toContain(link.split('#')[1]);

  const eve = await (await newContext()).newPage();
  const addresses: string[] = [];
  eve.on('request', (request) => addresses.push(request.url()));
  await eve.goto(link);
  await expect(eve).toHaveURL(`${server.url}/invitation`);
  await axe(eve);
  await eve.getByRole('button', { name: 'Continue' }).click();
  await eve.waitForURL('**/invitation/join');
  await axe(eve);
  await eve.getByLabel('Password').fill(PASSWORD);
  await eve.getByRole('button', { name: 'Choose this password and join' }).click();
  await arrive(eve);
  expect(addresses.filter((address) => address.includes(link.split('#')[1] ?? '-'))).toEqual([]);
  await row(eve, 0).getByRole('link', { name: 'Roll keys' }).click();
  const dialog = eve.getByRole('dialog', { name: 'Roll keys' });
  await dialog.getByRole('radio', { name: 'Immediately' }).check();
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(eve.getByRole('dialog')).toContainText(/private_/);
  const key = (await eve.content()).match(/private_[0-9A-Za-z]{36}/)?.[0] ?? '';
  server.seenKeys.add(key);
  expect(ask(person.privateKey).body.code).toBe('KEY_REVOKED');
  await tab.goto('/dashboard/activity');
  await expect(tab.getByText(`${email} rolled the keys`)).toBeVisible();
  await expect(tab.getByText(`${email} joined as a developer.`)).toBeVisible();
  await expect(tab.getByText(`You invited ${email} as a developer.`)).toBeVisible();
});

test('a viewer finds every action there, disabled, with the reason; a removed one is told where they stand', async ({ tab, person, newContext, watch }) => {
  watch.expectStatus(403, 404);
  const email = uniqueEmail();
  const link = await invite(tab, email, 'Viewer');
  const eve = await (await newContext()).newPage();
  await joinNew(eve, link, email);
  await arrive(eve);
  const why = 'You are a viewer of this account: only an owner or a developer can reveal, copy, roll or expire its keys.';
  for (const name of ['Reveal private key', 'Copy private key', 'Roll keys']) {
    const button = row(eve, 0).getByRole('button', { name });
    await expect(button).toBeDisabled();
    await expect(button).toHaveAccessibleDescription(why);
  }
  const activity = eve.getByRole('link', { name: 'Activity' });
  await expect(activity).toHaveAttribute('aria-disabled', 'true');
  await expect(activity).toContainText('for owners and developers');
  await axe(eve);
  await eve.getByRole('link', { name: 'Members' }).click();
  const mine = member(eve, email);
  await expect(mine.getByRole('button', { name: 'Change your role' })).toBeDisabled();
  await expect(mine.getByRole('link', { name: 'Leave the account' })).toBeVisible();
  const theirs = member(eve, person.email);
  await expect(theirs.getByRole('button', { name: `Remove ${person.email}` })).toHaveAccessibleDescription(
    'You are a viewer of this account: only an owner can invite, change roles and remove members.',
  );
  await axe(eve);

  // Made a developer: with their next click they may.
  await tab.goto(MEMBERS);
  await member(tab, email).getByRole('link', { name: `Change the role of ${email}` }).click();
  await expect(tab.getByRole('radio', { name: 'Viewer' })).toBeChecked();
  await tab.getByRole('radio', { name: 'Developer' }).check();
  await tab.getByRole('button', { name: 'Change role' }).click();
  await expect(tab.getByRole('status').first()).toHaveText('The role is changed, from their next click on.');
  await eve.getByRole('link', { name: 'API keys' }).click();
  await arrive(eve);
  await expect(row(eve, 0).getByRole('link', { name: 'Roll keys' })).toBeVisible();

  // Removed while their page stands: their next click says where they stand.
  await member(tab, email).getByRole('link', { name: `Remove ${email}` }).click();
  await axe(tab);
  await tab.getByRole('button', { name: 'Remove' }).click();
  await expect(tab.getByRole('status').first()).toContainText('roll the keys');
  await row(eve, 0).getByRole('button', { name: 'Reveal private key' }).click();
  await eve.waitForURL('**/dashboard/accounts');
  await expect(eve.getByText('You are in no account at the moment.')).toBeVisible();
  await axe(eve);
  await eve.getByRole('link', { name: 'Your sign-in' }).click();
  await expect(eve.getByRole('heading', { name: 'Change your password' })).toBeVisible();
});

test('a person goes from one account to the other, and a tab left behind does not mix them up', async ({ tab, newContext, watch, server }) => {
  watch.expectStatus(404);
  const own = uniqueEmail();
  server.createAccount(own, PASSWORD);
  const link = await invite(tab, own, 'Owner');
  const context = await newContext();
  const left = await context.newPage();
  await signIn(left, own);
  const page = await context.newPage();
  await page.goto(link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('button', { name: 'Join' }).click();
  await arrive(page);
  const theirs = await row(page, 0).getByRole('cell').first().textContent();
  // The tab left behind shows the other account. What is done there is refused, and it shows where it is now.
  expect(await row(left, 0).getByRole('cell').first().textContent()).not.toBe(theirs);
  await row(left, 0).getByRole('button', { name: 'Reveal private key' }).click();
  await expect(left.getByRole('link', { name: /your accounts/ })).not.toHaveText(new RegExp(`^${own}`));
  await expect(row(left, 0).getByRole('cell').first()).toHaveText(theirs ?? '');
  await page.getByRole('link', { name: /your accounts/ }).click();
  await expect(page.getByRole('heading', { name: 'Your accounts', level: 1 })).toBeVisible();
  await axe(page);
  await page.getByRole('button', { name: `Go to ${own}` }).focus();
  await page.keyboard.press('Enter');
  await arrive(page);
  await expect(page.getByRole('link', { name: `${own} (your accounts)` })).toBeVisible();
});

test('without JavaScript and with the keyboard alone members are invited, told and revoked', async ({ newContext, person }) => {
  const page = await (await newContext({ javaScriptEnabled: false })).newPage();
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/dashboard/developers');
  await page.goto(MEMBERS);
  await expect(page.getByText('You are the only owner.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Leave the account' })).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Leave the account' })).toHaveAccessibleDescription(/^You are the only owner\./);
  await page.getByRole('link', { name: 'Invite somebody' }).focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Their e-mail address').fill('eve@example.org');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${MEMBERS}`);
  await expect(page.getByRole('textbox', { name: 'Link' })).toContainText('/invitation#');
  await expect(page.getByRole('button', { name: 'Copy the link' })).toHaveCount(0);
  await page.reload();
  await page.getByRole('button', { name: 'Revoke the invitation of eve@example.org' }).click();
  await expect(page.getByRole('status').first()).toHaveText('The invitation is revoked. Its link opens nothing.');
  await expect(page.getByText('Nobody is invited at the moment.')).toBeVisible();
});
