import { type Page } from '@playwright/test';
import { axe, expect, PASSWORD, type Person, row, Server, signIn, TAB, test, uniqueEmail, visit } from '../fixtures';
import { curl } from '../support/api';

/** Where the pictures go: `screens/<name>-<width>-<theme>.png` beside the results. */
const picture = (name: string): string => `${test.info().project.outputDir}/screens/${name}.png`;
const WIDTHS = [1440, 768, 360];
const THEMES = ['light', 'dark'] as const;
const HEIGHT = 900;
const ACTIVITY = '/dashboard/activity';
const SIGN_IN_PAGE = '/dashboard/sessions';

test.use({ contextOptions: { reducedMotion: 'reduce' } });

/** Waits until the browser has drawn what it was told last, with no transition under way. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  });
}

/** Looks at what is on the screen: in both themes, on all widths. Nothing is wider than the screen, and axe is content. */
async function look(page: Page, name: string): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await settled(page);
      const [wide, screen] = await page.evaluate(() => [document.scrollingElement?.scrollWidth ?? 0, window.innerWidth]);
      expect.soft(wide, `${name} at ${width} is wider than the screen`).toBeLessThanOrEqual(screen ?? 0);
      const outside = await page.evaluate(() =>
        [...document.querySelectorAll('button, a, input, p, h1, h2, h3, code, label, time')]
          .filter((element) => !element.closest('pre, .visually-hidden, .skip-link') && element.checkVisibility())
          .filter((element) => {
            const { left, right, width: wide } = element.getBoundingClientRect();
            return wide > 1 && (right > window.innerWidth + 1 || left < -1);
          })
          .map((element) => element.outerHTML.slice(0, 100)),
      );
      expect.soft(outside, `${name} at ${width}: outside the screen`).toEqual([]);
      // The middle width is laid out like one of its neighbours: axe looks at those.
      if (width !== 768) {
        await axe(page);
      }
      // Behind a dialog there is nothing to see.
      const fullPage = !(await page.getByRole('dialog').isVisible());
      await page.screenshot({ path: picture(`${name}-${width}-${theme}`), animations: 'disabled', fullPage });
    }
  }
  await page.setViewportSize({ width: 1440, height: HEIGHT });
}

test('the entrance looks right', async ({ page, watch }) => {
  watch.expectStatus(401, 404, 422);
  await visit(page, '/sign-up');
  await look(page, 'sign-up');
  await page.getByLabel('E-mail').fill('nobody@example.org');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('Use at least 15 characters.')).toBeVisible();
  await look(page, 'sign-up-refused');
  await visit(page, '/sign-in');
  await look(page, 'sign-in');
  await visit(page, '/set-password');
  await look(page, 'set-password');
  await page.goto('/no/such/page');
  await expect(page.getByRole('heading', { name: 'There is no page here' })).toBeVisible();
  await look(page, 'not-found');
});

test('the developers tab looks right', async ({ tab }) => {
  await look(tab, 'tab');
  const first = row(tab, 0);
  await first.getByRole('button', { name: 'Reveal private key' }).click();
  await expect(first.getByRole('button', { name: 'Hide private key' })).toBeVisible();
  await look(tab, 'tab-revealed');
  await tab.reload();
  await expect(first.getByRole('button', { name: 'Reveal private key' })).toBeEnabled();
  await tab.getByRole('button', { name: 'Copy curl command' }).hover();
  await first.getByRole('button', { name: 'Copy private key' }).click();
  await expect(first.getByText('Copied', { exact: true })).toBeVisible();
  // It says so for two seconds only: one look.
  await axe(tab);
  await tab.screenshot({ path: picture('tab-copied-1440-light'), animations: 'disabled' });
});

test('what is shown when a copy fails looks right', async ({ newContext, person }) => {
  const context = await newContext({ reducedMotion: 'reduce', permissions: [] });
  // A browser that has no clipboard, as on plain HTTP.
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'clipboard', { get: () => undefined }));
  const page = await context.newPage();
  await signIn(page, person.email);
  await row(page, 0).getByRole('button', { name: 'Copy private key' }).click();
  await expect(page.getByRole('textbox', { name: 'private key, selected' })).toBeVisible();
  await row(page, 0).getByRole('button', { name: 'Copy public key' }).click();
  await expect(page.getByRole('textbox', { name: 'public key, selected' })).toBeVisible();
  await page.getByRole('button', { name: 'Copy Python code' }).click();
  await look(page, 'tab-fallback');
});

test('the roll dialog looks right', async ({ tab, server, person, watch }) => {
  watch.expectStatus(403);
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  const dialog = tab.getByRole('dialog', { name: 'Roll keys' });
  await look(tab, 'roll');
  await dialog.getByRole('radio', { name: 'Immediately' }).check();
  await look(tab, 'roll-immediately');
  await dialog.getByRole('radio', { name: 'At an exact time' }).check();
  await expect(dialog.getByLabel('Date and time (Berlin)')).toBeVisible();
  await look(tab, 'roll-exact');
  await dialog.getByRole('radio', { name: 'In 7 days' }).check();
  server.letPasswordFallDue(person.email);
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await dialog.getByLabel('Your password').fill('not the password at all');
  await dialog.getByRole('button', { name: 'Roll keys' }).click();
  await expect(dialog.getByText('This is not your password.')).toBeVisible();
  await look(tab, 'roll-refused');
});

test('a roll and what follows look right', async ({ tab }) => {
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  await tab.getByRole('radio', { name: 'In 24 hours' }).check();
  await tab.getByRole('dialog').getByRole('button', { name: 'Roll keys' }).click();
  await expect(tab.getByRole('heading', { name: 'Your new keys work now' })).toBeVisible();
  await look(tab, 'rolled');
  await tab.getByRole('button', { name: 'Done' }).click();
  await expect(row(tab, 1).getByText(/Expires in/)).toBeVisible();
  await look(tab, 'tab-expiring');
  await row(tab, 1).getByRole('link', { name: 'Expire now' }).click();
  await expect(tab.getByRole('dialog', { name: 'Expire these keys now' })).toBeVisible();
  await look(tab, 'expire');
  await tab.getByRole('dialog').getByRole('button', { name: 'Expire now' }).click();
  await expect(row(tab, 1).getByText('Expired', { exact: true })).toBeVisible();
  await look(tab, 'tab-expired');
});

test('the pages that stand in for the dialogs look right', async ({ tab, server, person, watch }) => {
  watch.expectStatus(403);
  const href = await row(tab, 0).getByRole('link', { name: 'Roll keys' }).getAttribute('href');
  await visit(tab, href ?? '');
  await look(tab, 'roll-page');
  await visit(tab, TAB);
  server.letPasswordFallDue(person.email);
  await row(tab, 0).getByRole('button', { name: 'Reveal private key' }).click();
  await expect(tab.getByRole('dialog', { name: 'Confirm that it is you' })).toBeVisible();
  await look(tab, 'password');
  await tab.getByLabel('Your password').fill(PASSWORD);
  await tab.getByRole('button', { name: 'Reveal key' }).click();
  await expect(tab.getByRole('dialog')).toBeHidden();
});

test('the activity page looks right', async ({ page, person, server, watch }) => {
  watch.expectStatus(401, 422);
  const rolled = server.operator(['keys', 'roll', '--account', person.accountId, '--expire-old', '24h', '--reason', 'a laptop was lost', '--json']);
  server.seenKeys.add((JSON.parse(rolled.stdout) as { new: { private_key: string } }).new.private_key);
  await visit(page, '/sign-in');
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill('not the password at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await signIn(page, person.email);
  await page.goto(ACTIVITY);
  await page.getByText('Details', { exact: true }).nth(1).click();
  await look(page, 'activity');
  await page.goto(`${ACTIVITY}?act=key.roll&actor=operator`);
  await expect(page.getByText('a laptop was lost')).toBeVisible();
  await look(page, 'activity-filtered');
  await page.goto(`${ACTIVITY}?who=nobody`);
  await expect(page.getByText('Nothing matches this filter.')).toBeVisible();
  await look(page, 'activity-nothing');
  await page.goto(`${ACTIVITY}?from=yesterday`);
  await expect(page.getByRole('alert')).toHaveText(/“From” is not a date and time/);
  await look(page, 'activity-mistaken');
});

test("a person's own page looks right", async ({ page, newContext, person, server, watch }) => {
  watch.expectStatus(403);
  const elsewhere = await newContext({ userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0' });
  await signIn(await elsewhere.newPage(), person.email);
  await signIn(page, person.email);
  await page.goto(SIGN_IN_PAGE);
  await look(page, 'your-sign-in');
  const password = page.getByRole('region', { name: 'Change your password' });
  await password.getByLabel('Current password').fill('not the password at all');
  await password.getByLabel('New password').fill('gannet quorum trellis 41');
  await password.getByRole('button', { name: 'Change password' }).click();
  await expect(password.getByLabel('Current password')).toHaveAccessibleDescription(/^This is not your password\./);
  await look(page, 'your-sign-in-refused');
  server.letPasswordFallDue(person.email);
  await page.goto(SIGN_IN_PAGE);
  await page.getByRole('button', { name: /^End the session of/ }).click();
  await expect(page.getByRole('heading', { name: 'End this session', level: 1 })).toBeVisible();
  await look(page, 'end-session');
});

/** An admin at the console, and an account whose first pair expires. */
async function atTheConsole(page: Page, person: Person, server: Server): Promise<string> {
  const admin = uniqueEmail();
  server.operator(['admin', 'create', '--email', admin, '--password-stdin'], `${PASSWORD}\n`);
  const rolled = server.operator(['keys', 'roll', '--account', person.accountId, '--expire-old', '24h', '--reason', 'a laptop was lost', '--json']);
  server.seenKeys.add((JSON.parse(rolled.stdout) as { new: { private_key: string } }).new.private_key);
  await visit(page, '/sign-in');
  await page.getByLabel('E-mail').fill(admin);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/admin');
  return admin;
}

async function findByLeakedKey(page: Page, person: Person): Promise<void> {
  await page.getByLabel('Find an account').fill(person.privateKey);
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.getByText(/You looked for an expiring pair/)).toBeVisible();
}

test('finding accounts in the admin console looks right', async ({ page, person, server, watch }) => {
  watch.expectStatus(422);
  await atTheConsole(page, person, server);
  await look(page, 'admin');
  await page.getByLabel('Find an account').fill(person.privateKey.slice(0, -1));
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.getByText(/the end is missing/)).toBeVisible();
  await look(page, 'admin-found-nothing');
  const system = server.operator(['installation-key', 'create', '--name', 'billing', '--scope', 'read', '--json']);
  await page.getByLabel('Find an account').fill((JSON.parse(system.stdout) as { key: string }).key);
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.getByText(/This is an installation key/)).toBeVisible();
  await look(page, 'admin-installation-key');
  await page.goto('/admin?q=nobody&state=disabled');
  await expect(page.getByText('No account matches.')).toBeVisible();
  await look(page, 'admin-none');
  await page.goto('/admin?state=broken');
  await expect(page.getByRole('alert')).toBeVisible();
  await look(page, 'admin-mistaken');
});

test('an account in the admin console looks right', async ({ page, person, server }) => {
  await atTheConsole(page, person, server);
  await findByLeakedKey(page, person);
  await look(page, 'admin-account');
  const account = page.url();
  await page.getByRole('link', { name: 'Activity of this account' }).click();
  await look(page, 'admin-activity');
  await page.getByText('Filter', { exact: true }).click();
  await look(page, 'admin-activity-filter');
  await page.goto(account);
  await page.getByRole('link', { name: 'Sign-ins' }).click();
  await expect(page.getByText('Nothing matches this filter.')).toBeVisible();
  await look(page, 'admin-sign-ins');
});

test('acting on an account in the admin console looks right', async ({ page, person, server }) => {
  const admin = await atTheConsole(page, person, server);
  await findByLeakedKey(page, person);
  const account = page.url();
  server.letPasswordFallDue(admin);
  for (const [link, name] of [
    ['Roll keys', 'roll'],
    ['Expire now', 'expire'],
    ['Disable the account', 'disable'],
    [`End sessions of ${person.email}`, 'end-sessions'],
  ] as const) {
    await page.goto(account);
    await page.getByRole('link', { name: link }).click();
    await expect(page.getByLabel('Your password')).toBeVisible();
    await look(page, `admin-${name}`);
  }
});

test('the pages about members look right', async ({ tab, person, newContext, server, watch }) => {
  watch.expectStatus(403);
  await tab.goto('/dashboard/members');
  await look(tab, 'members-alone');
  const email = uniqueEmail();
  const made = server.operator(['member', 'invite', '--account', person.accountId, '--email', email, '--role', 'viewer', '--json']);
  const { link } = JSON.parse(made.stdout) as { link: string };
  const page = await (await newContext({ reducedMotion: 'reduce' })).newPage();
  await page.goto(link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL('**/invitation/join');
  await look(page, 'join-newcomer');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Choose this password and join' }).click();
  await page.waitForURL(`**${TAB}`);
  await expect(row(page, 0).getByRole('button', { name: 'Reveal private key' })).toBeDisabled();
  await look(page, 'tab-viewer');
  await page.goto('/dashboard/members');
  await look(page, 'members-viewer');
  await page.goto('/dashboard/members/invite');
  await look(page, 'member-invite-refused');
  const removed = server.operator(['member', 'remove', '--account', person.accountId, '--email', email]);
  expect(removed.status, removed.stderr).toBe(0);
  await page.goto(TAB);
  await page.waitForURL('**/dashboard/accounts');
  await look(page, 'accounts-none');
});

test('the pages that change members look right', async ({ tab, person, server }) => {
  const email = uniqueEmail();
  server.createAccount(email, PASSWORD);
  server.database(
    `INSERT INTO membership (account_id, user_id, role, joined_at) SELECT ?, id, 'developer', 0 FROM person WHERE email = ?`,
    [person.accountId, email],
  );
  await tab.goto('/dashboard/members/invite');
  await look(tab, 'member-invite');
  await tab.getByLabel('Their e-mail address').fill('a.rather.long.address.of.somebody.we.know@engineering.example.org');
  await tab.getByRole('radio', { name: 'Developer' }).check();
  await tab.getByRole('button', { name: 'Make the link' }).click();
  await expect(tab.getByRole('textbox', { name: 'Link' })).toBeVisible();
  await look(tab, 'members-invited');
  server.letPasswordFallDue(person.email);
  for (const [name, screen] of [
    [`Change the role of ${email}`, 'member-role'],
    [`Remove ${email}`, 'member-remove'],
  ] as const) {
    await tab.goto('/dashboard/members');
    await tab.getByRole('link', { name }).click();
    await expect(tab.getByLabel('Your password')).toBeVisible();
    await look(tab, screen);
  }
});

test('joining another account and going from one to the other look right', async ({ tab, person, newContext, server }) => {
  const own = uniqueEmail();
  server.createAccount(own, PASSWORD);
  const made = server.operator(['member', 'invite', '--account', person.accountId, '--email', own, '--role', 'developer', '--json']);
  const offered = (JSON.parse(made.stdout) as { link: string }).link;
  await tab.goto(offered);
  await tab.getByRole('button', { name: 'Continue' }).click();
  await look(tab, 'join-another');
  const second = await (await newContext({ reducedMotion: 'reduce' })).newPage();
  await signIn(second, own);
  await second.goto(offered);
  await second.getByRole('button', { name: 'Continue' }).click();
  await look(second, 'join');
  await second.getByRole('button', { name: 'Join' }).click();
  await second.waitForURL(`**${TAB}`);
  await second.goto('/dashboard/accounts');
  await look(second, 'accounts');
});

test('gateways look right', async ({ page, server }) => {
  const admin = uniqueEmail();
  server.operator(['admin', 'create', '--email', admin, '--password-stdin'], `${PASSWORD}\n`);
  await visit(page, '/sign-in');
  await page.getByLabel('E-mail').fill(admin);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/admin');
  await page.goto('/admin/gateways');
  await look(page, 'gateways');
});

test('rolling many accounts looks right', async ({ page, person, server }) => {
  const admin = uniqueEmail();
  server.operator(['admin', 'create', '--email', admin, '--password-stdin'], `${PASSWORD}\n`);
  const others = [1, 2].map(() => server.createAccount(uniqueEmail(), PASSWORD));
  server.operator(['account', 'disable', '--account', others[0]!.accountId, '--reason', 'a laptop was lost']);
  await visit(page, '/sign-in');
  await page.getByLabel('E-mail').fill(admin);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/admin');
  await page.goto('/admin/bulk-rolls');
  await look(page, 'bulk-none');
  await page.goto('/admin/bulk-rolls/new');
  await look(page, 'bulk-paste');
  const lines = [person.privateKey, others[0]!.accountId, others[1]!.accountId, 'nobody', 'nobody else', 'private_cut'];
  await page.getByLabel('Accounts, one on each line').fill(lines.join('\n'));
  await page.getByRole('button', { name: 'See what would happen' }).click();
  await expect(page.getByRole('heading', { name: 'Dry run' })).toBeVisible();
  await look(page, 'bulk-dry-run');
  server.letPasswordFallDue(admin);
  await page.getByRole('link', { name: 'Go on with 3 accounts' }).click();
  await look(page, 'bulk-confirm');
  // One breaks, so that there is a roll under way to look at.
  server.database(
    `CREATE TRIGGER broken_on_purpose BEFORE INSERT ON key_roll WHEN NEW.account_id = '${others[1]!.accountId}' BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END`,
  );
  await page.getByLabel('Reason').fill('leaked on a public repository');
  await page.getByLabel('Message (optional)').fill('Our build server was broken into.\nReveal the new key, and call us if something stops.');
  await page.getByRole('radio', { name: 'In 24 hours' }).check();
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Roll the keys of 3 accounts' }).click();
  await page.waitForURL('**/admin/bulk-rolls/progress*');
  const here = page.url();
  await page.goto(`${here}&still=yes`);
  await expect(async () => {
    await page.reload();
    await expect(page.getByText('Of these broke, and are tried again in a minute')).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000 });
  await look(page, 'bulk-progress');
  server.letPasswordFallDue(admin);
  await page.getByRole('link', { name: 'Stop this roll' }).click();
  await look(page, 'bulk-stop');
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Stop this roll' }).click();
  await expect(page.getByText('Left as they were')).toBeVisible();
  await look(page, 'bulk-stopped');
  await page.goto('/admin/bulk-rolls');
  await look(page, 'bulk-list');
  server.database('DROP TRIGGER broken_on_purpose');
  await page.context().clearCookies();
  await signIn(page, person.email);
  await expect(page.getByText('call us if something stops')).toBeVisible();
  await look(page, 'bulk-owner');
});

test('the way in by invitation looks right', async ({ page, watch }) => {
  watch.expectStatus(422);
  const server = await Server.start({ variables: { LATCHKEY_SIGN_UP: 'invite' } });
  try {
    const made = server.operator(['invitation', 'create', '--email', uniqueEmail()]);
    const secret = made.stdout.match(/invitation#(\S+)/)?.[1] ?? '';
    await page.goto(`${server.url}/sign-up`);
    await expect(page.getByRole('status')).toHaveText(/^Sign-up is by invitation here\./);
    await look(page, 'sign-up-by-invitation');
    await page.goto(`${server.url}/invitation`);
    await page.getByLabel('Code from your invitation').fill('no such code');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByLabel('Code from your invitation')).toHaveAccessibleDescription(/\S/);
    await look(page, 'invitation-refused');
    await page.getByLabel('Code from your invitation').fill(secret);
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByLabel('E-mail')).not.toBeEditable();
    await look(page, 'invited');
  } finally {
    await server.stop();
    server.forget();
  }
});

test('the developers tab looks right without JavaScript', async ({ newContext, tab }) => {
  const context = await newContext({ javaScriptEnabled: false, storageState: await tab.context().storageState() });
  const page = await context.newPage();
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT });
      await page.goto(TAB);
      await expect(page.getByText('To show or copy it, this page needs JavaScript.')).toBeVisible();
      await page.screenshot({ path: picture(`tab-asleep-${width}-${theme}`), fullPage: true });
    }
  }
});

test('the use of pairs looks right', async ({ tab, person, server }) => {
  server.useInThePast(person.publicKey);
  const next = server.rollKeys(person.accountId, '24h');
  await tab.goto(TAB);
  await expect(tab.getByRole('img', { name: new RegExp(person.publicKey) })).toBeVisible();
  await tab.getByText('Every day in numbers').click();
  await look(tab, 'use');
  await tab.getByRole('link', { name: `Callers of ${person.publicKey}` }).click();
  await expect(tab.getByRole('heading', { name: 'Use of a key pair' })).toBeVisible();
  await look(tab, 'callers');
  await tab.goto(TAB);
  await tab.getByRole('link', { name: `Callers of ${next.publicKey}` }).click();
  await expect(tab.getByText('Nobody was seen using these keys.')).toBeVisible();
  await look(tab, 'callers-none');
});

test('a person who wants no motion gets none, and one with forced colours sees the states', async ({ tab }) => {
  await row(tab, 0).getByRole('link', { name: 'Roll keys' }).click();
  await expect(tab.getByRole('dialog', { name: 'Roll keys' })).toBeVisible();
  const durations = await tab.evaluate(() =>
    [...document.querySelectorAll('*')].flatMap((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      return [transitionDuration, animationDuration].flatMap((list) => list.split(',').map(parseFloat));
    }),
  );
  expect(Math.max(...durations), 'the longest animation, in seconds').toBeLessThanOrEqual(0.01);
  await tab.emulateMedia({ forcedColors: 'active' });
  await tab.screenshot({ path: picture('roll-1440-forced'), animations: 'disabled' });
  await tab.keyboard.press('Escape');
  // Colours are gone: the state is told by its shape and its word, and buttons have an edge.
  await expect(row(tab, 0).getByText('Enabled')).toBeVisible();
  const edge = await row(tab, 0).getByRole('link', { name: 'Roll keys' }).evaluate((element) => getComputedStyle(element).borderTopStyle);
  expect(edge).toBe('solid');
  await axe(tab);
  await tab.screenshot({ path: picture('tab-1440-forced'), animations: 'disabled' });
});

test('the page about files looks right', async ({ tab, person, newContext, server, watch, context }) => {
  watch.expectStatus(400, 403, 404, 422);
  const FILES = '/dashboard/files';
  await tab.goto(FILES);
  await look(tab, 'files-none');
  const file = (name: string, size: number) => ({ name, mimeType: 'text/plain', buffer: Buffer.alloc(size, 7) });
  const field = tab.getByLabel('Choose files, or drop them on this page');
  const long = 'a-name-that-somebody-gave-to-a-photograph-of-the-harbour-at-night-with-all-of-its-ships-and-lamps-in-it-2026.jpeg';
  await field.setInputFiles([file('small.txt', 12), file(long, 34_567)]);
  await expect(tab.getByRole('link', { name: `Download ${long}` })).toBeVisible();
  const line = await context.newCDPSession(tab);
  await line.send('Network.enable');
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 20_000 });
  await field.setInputFiles([file('small.txt', 12), file('on its way.bin', 3_000_000), file('waiting.bin', 10)]);
  const bar = tab.getByRole('progressbar', { name: 'Upload of on its way.bin' });
  await expect.poll(() => bar.evaluate((element: HTMLProgressElement) => element.value)).toBeGreaterThan(0);
  await look(tab, 'files-uploading');
  await tab.getByRole('button', { name: 'Cancel: waiting.bin' }).click();
  await tab.getByRole('button', { name: 'Cancel: on its way.bin' }).click();
  await expect(tab.getByText('Cancelled. Nothing was kept.', { exact: true })).toHaveCount(2);
  await line.detach();
  await tab.goto(`${FILES}?q=no+such+name`);
  await look(tab, 'files-not-found');
  await tab.goto(`${FILES}?sort=date`);
  await look(tab, 'files-unreadable');
  await tab.goto(FILES);
  await tab.getByRole('link', { name: `Delete ${long}` }).click();
  await look(tab, 'file-delete');
  await tab.goto(`${FILES}/delete?file=0123456789abcdef01234567`);
  await look(tab, 'file-gone');
  const invited = ['member', 'invite', '--account', person.accountId, '--email', uniqueEmail(), '--role', 'viewer', '--json'];
  const page = await (await newContext({ reducedMotion: 'reduce' })).newPage();
  await page.goto((JSON.parse(server.operator(invited).stdout) as { link: string }).link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Choose this password and join' }).click();
  await page.waitForURL(`**${TAB}`);
  await page.goto(FILES);
  await look(page, 'files-viewer');
});

test('the origins that may upload, and where a key was seen, look right', async ({ tab, person, newContext, server, watch }) => {
  watch.expectStatus(403, 404);
  await look(tab, 'origins-none');
  const origin = tab.getByLabel('Origin', { exact: true });
  const add = tab.getByRole('button', { name: 'Add origin' });
  await origin.fill('https://*.example.com');
  await add.click();
  await expect(origin).toHaveAccessibleDescription(/^There are no wildcards\./);
  await look(tab, 'origins-refused');
  for (const listed of ['https://www.example.com', `https://${'a-shop-with-a-long-name.'.repeat(4)}example.com:8443`, 'http://localhost:3000']) {
    await origin.fill(listed);
    await add.click();
    await expect(tab.getByText(listed, { exact: true })).toBeVisible();
  }
  const seen = (page: string) => curl(`${server.url}/v1/account`, `user = "${person.privateKey}:"`, `header = "Origin: ${page}"`);
  ['null', `https://${'a-page-with-a-long-name.'.repeat(8)}example`, 'https://shop.example'].forEach(seen);
  server.rollKeys(person.accountId, '24h');
  await visit(tab, TAB);
  await look(tab, 'origins-listed');
  await tab.getByRole('link', { name: 'Remove http://localhost:3000' }).click();
  await look(tab, 'origin-remove');
  await tab.goto(`${TAB}/origins/remove?origin=https://gone.example`);
  await look(tab, 'origin-gone');
  await tab.goto('/dashboard/files');
  await look(tab, 'files-restricted');
  const invited = ['member', 'invite', '--account', person.accountId, '--email', uniqueEmail(), '--role', 'viewer', '--json'];
  const page = await (await newContext({ reducedMotion: 'reduce' })).newPage();
  await page.goto((JSON.parse(server.operator(invited).stdout) as { link: string }).link);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Choose this password and join' }).click();
  await page.waitForURL(`**${TAB}`);
  await look(page, 'origins-viewer');
});
